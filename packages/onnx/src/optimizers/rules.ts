import { RepriseError } from '@reprise/core';
import type { Recipe } from '@reprise/core';
import type { Algebra } from '../wasm/algebra.js';
import type { Rule } from './rule.js';

interface SgdArgs {
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
}

interface AdamArgs {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  readonly amsgrad: boolean;
}

interface RmspropArgs {
  readonly alpha: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly centered: boolean;
}

interface AdagradArgs {
  readonly lrDecay: number;
  readonly weightDecay: number;
  readonly initialAccumulatorValue: number;
  readonly eps: number;
}

/**
 * The rule of an optimizer, after PyTorch's documentation of each (https://docs.pytorch.org/docs/stable/optim.html).
 * @throws RepriseError `INVALID_OPTION` for a kind that this engine doesn't have.
 */
export function ruleOf(recipe: Recipe): Rule {
  const args = recipe.args as unknown;
  switch (recipe.kind) {
    case 'sgd':
      return sgd(args as SgdArgs);
    case 'adam':
      return adam(args as AdamArgs, false);
    case 'adamw':
      return adam(args as AdamArgs, true);
    case 'rmsprop':
      return rmsprop(args as RmspropArgs);
    case 'adagrad':
      return adagrad(args as AdagradArgs);
    default:
      throw new RepriseError(
        'INVALID_OPTION',
        `The onnx engine has no optimizer '${recipe.kind}'. It has sgd, adam, adamw, rmsprop and adagrad.`,
      );
  }
}

/** The gradient of the L2 penalty is added where there is one. */
function penalized<V>(a: Algebra<V>, g: V, p: V, decay: V, weightDecay: number): V {
  return weightDecay === 0 ? g : a.add(g, a.mul(p, decay));
}

function sgd({ momentum, dampening, weightDecay, nesterov }: SgdArgs): Rule {
  return {
    slots: momentum === 0 ? [] : ['momentum'],
    initial: 0,
    // The first buffer is the gradient itself: no dampening then.
    scalars: (lr, step) => [lr, weightDecay, momentum, step === 1 ? 1 : 1 - dampening],
    formula(a, [gradient, p, buffer], [lr, decay, mu, share]) {
      const g = penalized(a, gradient!, p!, decay!, weightDecay);
      if (momentum === 0) return [a.sub(p!, a.mul(g, lr!))];
      const sum = a.add(a.mul(buffer!, mu!), a.mul(g, share!));
      const direction = nesterov ? a.add(g, a.mul(sum, mu!)) : sum;
      return [a.sub(p!, a.mul(direction, lr!)), sum];
    },
  };
}

/**
 * The corrections of the bias are drawn out of the fraction, so that an element takes one division:
 * lr/c₁ · m / (√(v/c₂) + ε) = (lr·√c₂/c₁) · m / (√v + ε·√c₂).
 */
function adam({ betas: [beta1, beta2], eps, weightDecay, amsgrad }: AdamArgs, decoupled: boolean): Rule {
  return {
    slots: amsgrad ? ['m', 'v', 'vMax'] : ['m', 'v'],
    initial: 0,
    scalars(lr, step) {
      const root = Math.sqrt(1 - beta2 ** step);
      const decay = decoupled ? 1 - lr * weightDecay : weightDecay;
      return [(lr * root) / (1 - beta1 ** step), eps * root, 1 - beta1, beta2, 1 - beta2, decay];
    },
    formula(a, [gradient, parameter, m, v, vMax], [size, epsilon, share1, keep2, share2, decay]) {
      const g = decoupled ? gradient! : penalized(a, gradient!, parameter!, decay!, weightDecay);
      const p = decoupled ? a.mul(parameter!, decay!) : parameter!;
      const mean = a.add(m!, a.mul(a.sub(g, m!), share1!));
      const square = a.add(a.mul(v!, keep2!), a.mul(a.mul(g, g), share2!));
      const largest = amsgrad ? a.max(vMax!, square) : square;
      const updated = a.sub(p, a.mul(a.div(mean, a.add(a.sqrt(largest), epsilon!)), size!));
      return amsgrad ? [updated, mean, square, largest] : [updated, mean, square];
    },
  };
}

function rmsprop({ alpha, eps, weightDecay, momentum, centered }: RmspropArgs): Rule {
  return {
    slots: [...(centered ? ['mean'] : []), ...(momentum > 0 ? ['momentum'] : []), 'square'],
    initial: 0,
    scalars: (lr) => [lr, weightDecay, alpha, 1 - alpha, eps, momentum, 0],
    formula(a, [gradient, p, ...slots], [lr, decay, keep, share, epsilon, mu, zero]) {
      const g = penalized(a, gradient!, p!, decay!, weightDecay);
      const square = a.add(a.mul(slots.at(-1)!, keep!), a.mul(a.mul(g, g), share!));
      const mean = centered ? [a.add(slots[0]!, a.mul(a.sub(g, slots[0]!), share!))] : [];
      // Rounding can carry a variance near zero below it.
      const variance = mean.reduce((second, first) => a.max(a.sub(second, a.mul(first, first)), zero!), square);
      const step = a.div(g, a.add(a.sqrt(variance), epsilon!));
      const sum = momentum > 0 ? [a.add(a.mul(slots.at(-2)!, mu!), step)] : [];
      return [a.sub(p!, a.mul(sum[0] ?? step, lr!)), ...mean, ...sum, square];
    },
  };
}

function adagrad({ lrDecay, weightDecay, initialAccumulatorValue, eps }: AdagradArgs): Rule {
  return {
    slots: ['sum'],
    initial: initialAccumulatorValue,
    scalars: (lr, step) => [lr / (1 + (step - 1) * lrDecay), weightDecay, eps],
    formula(a, [gradient, p, sum], [lr, decay, epsilon]) {
      const g = penalized(a, gradient!, p!, decay!, weightDecay);
      const squares = a.add(sum!, a.mul(g, g));
      return [a.sub(p!, a.mul(a.div(g, a.add(a.sqrt(squares), epsilon!)), lr!)), squares];
    },
  };
}
