import { adam, adamw, groups, mse, sgd } from '@reprise/core';
import type { Recipe } from '@reprise/core';
import { nn } from '@reprise/onnx';
import { describe, expect, it } from 'vitest';
import { batchOf, begin, float32, numbers, open, values } from './support.js';

const xs = numbers(12, 5);
const ts = xs.map((x) => 3 * x - 1);
const batch = batchOf({ input: float32([12, 1], xs), target: float32([12, 1], ts) });

/** An update in double precision, after PyTorch's pages; `t` counts from 1. */
type Update = (p: number, g: number, t: number, state: Record<string, number>) => number;

const adamUpdate =
  (lr: number, decay: number, decoupled: boolean): Update =>
  (theta, gradient, t, s) => {
    const p = decoupled ? theta * (1 - lr * decay) : theta;
    const g = decoupled ? gradient : gradient + decay * theta;
    s['m'] = 0.9 * (s['m'] ?? 0) + 0.1 * g;
    s['v'] = 0.999 * (s['v'] ?? 0) + 0.001 * g * g;
    return p - (lr * (s['m'] / (1 - 0.9 ** t))) / (Math.sqrt(s['v'] / (1 - 0.999 ** t)) + 1e-8);
  };

const momentumUpdate =
  (lr: number, momentum: number): Update =>
  (p, g, t, s) => {
    s['b'] = t === 1 ? g : momentum * s['b']! + g;
    return p - lr * s['b'];
  };

/** y = w · x + b after some steps, by hand. */
function byHand(
  start: { w: number; b: number },
  updates: { w: Update; b: Update },
  steps: number,
): { w: number; b: number } {
  let { w, b } = start;
  const [ofW, ofB]: Record<string, number>[] = [{}, {}];
  for (let t = 1; t <= steps; t++) {
    const errors = xs.map((x, i) => w * x + b - ts[i]!);
    const gw = errors.reduce((sum, e, i) => sum + (2 * e * xs[i]!) / xs.length, 0);
    const gb = errors.reduce((sum, e) => sum + (2 * e) / xs.length, 0);
    [w, b] = [updates.w(w, gw, t, ofW!), updates.b(b, gb, t, ofB!)];
  }
  return { w, b };
}

describe('groups of parameters', () => {
  it.each<[string, Recipe, readonly number[], { w: Update; b: Update }]>([
    [
      'rates and decays of their own',
      adamw({ weightDecay: 0.1, groups: [{ parameters: ['*.bias'], lr: 0.2, weightDecay: 0 }] }),
      [0.05, 0.2],
      { w: adamUpdate(0.05, 0.1, true), b: adamUpdate(0.2, 0, true) },
    ],
    [
      'moments of their own',
      sgd({ momentum: 0.9, groups: [{ parameters: ['fc.bias'], momentum: 0 }] }),
      [0.02, 0.1],
      { w: momentumUpdate(0.02, 0.9), b: momentumUpdate(0.1, 0) },
    ],
    [
      'optimizers of their own',
      groups({ 'fc.weight': adam({ weightDecay: 0.01 }), 'fc.bias': sgd({ momentum: 0.5 }) }),
      [0.1, 0.03],
      { w: adamUpdate(0.1, 0.01, false), b: momentumUpdate(0.03, 0.5) },
    ],
  ])('with %s follow PyTorch’s formulas, each parameter its own', async (_, recipe, rates, updates) => {
    const net = await begin(await open(nn.sequential({ fc: nn.linear(1, 1) })), recipe);
    const of = (name: string): number => values(net.capture().net.get(name))[0]!;
    const start = { w: of('fc.weight'), b: of('fc.bias') };
    const trainer = await net.trainer({ loss: mse(), optimizer: recipe, frozen: [], clip: null });
    for (let step = 0; step < 25; step++) await trainer.step(batch, { lr: rates[0]!, rates, seed: 0, step });
    const { w, b } = byHand(start, updates, 25);
    expect(of('fc.weight')).toBeCloseTo(w, 4);
    expect(of('fc.bias')).toBeCloseTo(b, 4);
    await net.dispose();
  });

  it('keep only what their own rules need', async () => {
    const net = await open(nn.sequential({ fc: nn.linear(1, 1) }));
    const { tensors } = net.freshOptimizer(groups({ '*.weight': adam(), '*': sgd() }));
    expect([...tensors.keys()].toSorted()).toEqual(['fc.weight/m', 'fc.weight/v']);
    await net.dispose();
  });
});
