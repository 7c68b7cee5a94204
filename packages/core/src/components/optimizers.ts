import { boolean, refuse } from '../options/validators.js';
import type { Optimizer } from './component.js';
import { checkNumber, checkPair } from './checks.js';
import { optimizerOf, type ParameterGroup } from './option-groups.js';

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: number;
  /** Factor of the running sum of gradients. Default 0: plain gradient descent. */
  readonly momentum?: number;
  /** What is left out of a gradient when it joins that sum. Default 0. */
  readonly dampening?: number;
  /** L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Looks ahead along the momentum; needs `momentum` above 0 and no `dampening`. Default false. */
  readonly nesterov?: boolean;
  /** Parameters with options of their own. */
  readonly groups?: readonly ParameterGroup<SgdOptions>[];
}

/** Options of {@link adam} and {@link adamw}. */
export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  readonly lr?: number;
  /** Decay of the running means of the gradient and of its square. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** `adam`: L2 penalty, added to the gradient, default 0. `adamw`: decay of the weights themselves, default 0.01. */
  readonly weightDecay?: number;
  /** Divides by the largest running mean so far (Reddi et al., 2018). Default false. */
  readonly amsgrad?: boolean;
  /** Parameters with options of their own. */
  readonly groups?: readonly ParameterGroup<AdamOptions>[];
}

/** Options of {@link rmsprop}. */
export interface RmspropOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: number;
  /** Decay of the running mean of squared gradients. Default 0.99. */
  readonly alpha?: number;
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
  /** L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Factor of the running sum of updates. Default 0. */
  readonly momentum?: number;
  /** Divides by an estimate of the variance in place of the second moment. Default false. */
  readonly centered?: boolean;
  /** Parameters with options of their own. */
  readonly groups?: readonly ParameterGroup<RmspropOptions>[];
}

/** Options of {@link adagrad}. */
export interface AdagradOptions {
  /** Learning rate. Default 1e-2. */
  readonly lr?: number;
  /** The rate in step t (from 0) is lr / (1 + t · lrDecay). Default 0. */
  readonly lrDecay?: number;
  /** L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Where the sums of squared gradients begin. Default 0. */
  readonly initialAccumulatorValue?: number;
  /** Added to the denominator. Default 1e-10. */
  readonly eps?: number;
  /** Parameters with options of their own. */
  readonly groups?: readonly ParameterGroup<AdagradOptions>[];
}

/**
 * Stochastic gradient descent, with PyTorch's formulas and defaults: the first step's momentum buffer is the gradient itself,
 * whatever the dampening (https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function sgd(options: SgdOptions = {}): Optimizer<'sgd'> {
  return optimizerOf('sgd', options, ['lr', 'momentum', 'dampening', 'weightDecay', 'nesterov'], sgdArgs);
}

function sgdArgs(where: string, options: SgdOptions): Optimizer['args'] {
  const { lr = 1e-3, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
  checkNumber(where, 'lr', lr, { min: 0 });
  checkNumber(where, 'momentum', momentum, { min: 0 });
  checkNumber(where, 'dampening', dampening, {});
  checkNumber(where, 'weightDecay', weightDecay, { min: 0 });
  boolean(where, 'nesterov', nesterov);
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    refuse(where, 'nesterov', 'false, unless momentum is above 0 and dampening is 0', nesterov);
  }
  return { lr, momentum, dampening, weightDecay, nesterov };
}

/**
 * Adam, with PyTorch's formulas and defaults (https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function adam(options: AdamOptions = {}): Optimizer<'adam'> {
  return optimizerOf('adam', options, adamOptions, (where, own) => adamArgs(where, own, 0));
}

/**
 * Adam with decoupled weight decay: w ← w · (1 − lr · weightDecay) before each update. PyTorch's formulas and defaults
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function adamw(options: AdamOptions = {}): Optimizer<'adamw'> {
  return optimizerOf('adamw', options, adamOptions, (where, own) => adamArgs(where, own, 1e-2));
}

const adamOptions = ['lr', 'betas', 'eps', 'weightDecay', 'amsgrad'] as const;

function adamArgs(where: string, options: AdamOptions, defaultDecay: number): Optimizer['args'] {
  const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = defaultDecay, amsgrad = false } = options;
  checkNumber(where, 'lr', lr, { min: 0 });
  checkPair(where, 'betas', betas, { min: 0, below: 1 });
  checkNumber(where, 'eps', eps, { min: 0 });
  checkNumber(where, 'weightDecay', weightDecay, { min: 0 });
  boolean(where, 'amsgrad', amsgrad);
  return { lr, betas: [betas[0], betas[1]], eps, weightDecay, amsgrad };
}

/**
 * RMSprop, with PyTorch's formulas and defaults (https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer<'rmsprop'> {
  return optimizerOf('rmsprop', options, ['lr', 'alpha', 'eps', 'weightDecay', 'momentum', 'centered'], rmspropArgs);
}

function rmspropArgs(where: string, options: RmspropOptions): Optimizer['args'] {
  const { lr = 1e-2, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false } = options;
  checkNumber(where, 'lr', lr, { min: 0 });
  checkNumber(where, 'alpha', alpha, { min: 0 });
  checkNumber(where, 'eps', eps, { min: 0 });
  checkNumber(where, 'weightDecay', weightDecay, { min: 0 });
  checkNumber(where, 'momentum', momentum, { min: 0 });
  boolean(where, 'centered', centered);
  return { lr, alpha, eps, weightDecay, momentum, centered };
}

/**
 * Adagrad, with PyTorch's formulas and defaults (https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function adagrad(options: AdagradOptions = {}): Optimizer<'adagrad'> {
  const known = ['lr', 'lrDecay', 'weightDecay', 'initialAccumulatorValue', 'eps'] as const;
  return optimizerOf('adagrad', options, known, adagradArgs);
}

function adagradArgs(where: string, options: AdagradOptions): Optimizer['args'] {
  const { lr = 1e-2, lrDecay = 0, weightDecay = 0, initialAccumulatorValue = 0, eps = 1e-10 } = options;
  checkNumber(where, 'lr', lr, { min: 0 });
  checkNumber(where, 'lrDecay', lrDecay, { min: 0 });
  checkNumber(where, 'weightDecay', weightDecay, { min: 0 });
  checkNumber(where, 'initialAccumulatorValue', initialAccumulatorValue, { min: 0 });
  checkNumber(where, 'eps', eps, { min: 0 });
  return { lr, lrDecay, weightDecay, initialAccumulatorValue, eps };
}
