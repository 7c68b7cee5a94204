import { adagrad, adam, adamw, rmsprop, sgd } from '@reprise/core';
import type { Recipe } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { ruleOf } from '../src/optimizers/rules.js';
import { compileKernel } from '../src/wasm/kernel.js';
import { distance, numbers } from './support.js';

const lr = 0.1;

/** An optimizer in double precision, one number, written after the pseudocode on PyTorch's pages. */
type Reference = (theta: number, gradient: number, t: number, state: Record<string, number>) => number;

const references: readonly (readonly [string, Recipe, Reference])[] = [
  ['sgd', sgd(), (p, g) => p - lr * g],
  ['sgd with weight decay', sgd({ weightDecay: 0.1 }), (p, g) => p - lr * (g + 0.1 * p)],
  [
    'sgd with momentum and dampening',
    sgd({ momentum: 0.9, dampening: 0.3 }),
    (p, g, t, s) => {
      s['b'] = t === 1 ? g : 0.9 * s['b']! + (1 - 0.3) * g;
      return p - lr * s['b'];
    },
  ],
  [
    'sgd with Nesterov momentum and weight decay',
    sgd({ momentum: 0.8, nesterov: true, weightDecay: 0.05 }),
    (p, gradient, t, s) => {
      const g = gradient + 0.05 * p;
      s['b'] = t === 1 ? g : 0.8 * s['b']! + g;
      return p - lr * (g + 0.8 * s['b']);
    },
  ],
  ['adam', adam(), adamReference({ decay: 0, decoupled: false, amsgrad: false })],
  [
    'adam with weight decay',
    adam({ weightDecay: 0.1 }),
    adamReference({ decay: 0.1, decoupled: false, amsgrad: false }),
  ],
  ['adam with amsgrad', adam({ amsgrad: true }), adamReference({ decay: 0, decoupled: false, amsgrad: true })],
  ['adamw', adamw({ weightDecay: 0.1 }), adamReference({ decay: 0.1, decoupled: true, amsgrad: false })],
  ['adamw with amsgrad', adamw({ amsgrad: true }), adamReference({ decay: 0.01, decoupled: true, amsgrad: true })],
  ['rmsprop', rmsprop(), rmspropReference({ decay: 0, momentum: 0, centered: false })],
  [
    'rmsprop, centred, with momentum and weight decay',
    rmsprop({ momentum: 0.7, centered: true, weightDecay: 0.1 }),
    rmspropReference({ decay: 0.1, momentum: 0.7, centered: true }),
  ],
  ['rmsprop with momentum', rmsprop({ momentum: 0.7 }), rmspropReference({ decay: 0, momentum: 0.7, centered: false })],
  ['rmsprop, centred', rmsprop({ centered: true }), rmspropReference({ decay: 0, momentum: 0, centered: true })],
  [
    'adagrad with decays',
    adagrad({ lrDecay: 0.2, weightDecay: 0.1, initialAccumulatorValue: 0.5 }),
    (p, gradient, t, s) => {
      const g = gradient + 0.1 * p;
      s['sum'] = (s['sum'] ?? 0.5) + g * g;
      return p - ((lr / (1 + (t - 1) * 0.2)) * g) / (Math.sqrt(s['sum']) + 1e-10);
    },
  ],
];

function adamReference({
  decay,
  decoupled,
  amsgrad,
}: {
  decay: number;
  decoupled: boolean;
  amsgrad: boolean;
}): Reference {
  return (theta, gradient, t, s) => {
    const p = decoupled ? theta - lr * decay * theta : theta;
    const g = decoupled ? gradient : gradient + decay * theta;
    s['m'] = 0.9 * (s['m'] ?? 0) + 0.1 * g;
    s['v'] = 0.999 * (s['v'] ?? 0) + 0.001 * g * g;
    s['max'] = Math.max(s['max'] ?? 0, s['v']);
    const second = (amsgrad ? s['max'] : s['v']) / (1 - 0.999 ** t);
    return p - (lr * (s['m'] / (1 - 0.9 ** t))) / (Math.sqrt(second) + 1e-8);
  };
}

function rmspropReference({
  decay,
  momentum,
  centered,
}: {
  decay: number;
  momentum: number;
  centered: boolean;
}): Reference {
  return (theta, gradient, _, s) => {
    const g = gradient + decay * theta;
    s['v'] = 0.99 * (s['v'] ?? 0) + 0.01 * g * g;
    s['mean'] = 0.99 * (s['mean'] ?? 0) + 0.01 * g;
    const variance = centered ? s['v'] - s['mean'] ** 2 : s['v'];
    const step = g / (Math.sqrt(variance) + 1e-8);
    s['b'] = momentum * (s['b'] ?? 0) + step;
    return theta - lr * s['b'];
  };
}

/** Applies a recipe's kernel `steps` times to arrays. */
function run(
  recipe: Recipe,
  start: readonly number[],
  gradients: readonly (readonly number[])[],
  alias = true,
): Float32Array {
  const rule = ruleOf(recipe);
  const kernel = compileKernel(rule.formula, rule.slots.length + 2, rule.scalars(lr, 1).length);
  let arrays = [Float32Array.from(start), ...rule.slots.map(() => new Float32Array(start.length).fill(rule.initial))];
  for (const [index, gradient] of gradients.entries()) {
    const next = alias ? arrays : arrays.map((array) => new Float32Array(array.length));
    kernel.run([Float32Array.from(gradient), ...arrays], next, rule.scalars(lr, index + 1));
    arrays = next;
  }
  return arrays[0]!;
}

describe('optimizers', () => {
  // One element; less than four; one window of the kernel and a bit; several windows.
  const sizes = [1, 3, 8195, 20000];

  it.each(references)('%s follows PyTorch’s formula', (_, recipe, reference) => {
    for (const size of sizes) {
      const start = numbers(size, 1);
      const gradients = Array.from({ length: 12 }, (__, t) => numbers(size, t + 2));
      const expected = start.map((value, i) => {
        const state: Record<string, number> = {};
        return gradients.reduce((theta, gradient, t) => reference(theta, gradient[i]!, t + 1, state), value);
      });
      expect(distance(run(recipe, start, gradients), expected)).toBeLessThan(2e-5);
    }
  });

  it('give the same bits in place and into other memory', () => {
    for (const [, recipe] of references) {
      const gradients = [numbers(20000, 2), numbers(20000, 3)];
      expect(run(recipe, numbers(20000), gradients, false)).toEqual(run(recipe, numbers(20000), gradients));
    }
  });

  it('adam’s first step has the size of the rate whatever the gradient’s', () => {
    const updated = run(adam(), [0, 0, 0], [[1e-3, -1, 1e3]]);
    expect(distance(updated, [-lr, lr, -lr])).toBeLessThan(1e-5);
  });

  it('keeps NaN, and makes numbers too small for a normal float 0', () => {
    const rule = ruleOf(sgd());
    const kernel = compileKernel(rule.formula, 2, rule.scalars(1, 1).length);
    const parameters = Float32Array.of(1e-39, NaN, 2 ** -126, -1e-40);
    kernel.run([new Float32Array(4), parameters], [parameters], rule.scalars(1, 1));
    expect(Array.from(parameters)).toEqual([0, NaN, 2 ** -126, 0]);
  });

  it('refuses a kind that it doesn’t have', () => {
    expect(() => ruleOf({ kind: 'lion', args: {} })).toThrow(/no optimizer 'lion'/);
  });
});
