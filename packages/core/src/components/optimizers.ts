import { checkOptions } from '../options/check-options.js';
import { boolean, refuse } from '../options/validators.js';
import { component, type Optimizer } from './component.js';
import { checkNumber, checkPair } from './checks.js';

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
}

/**
 * Stochastic gradient descent, with PyTorch's formulas and defaults: the first step's momentum buffer is the gradient itself,
 * whatever the dampening (https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function sgd(options: SgdOptions = {}): Optimizer<'sgd'> {
  checkOptions('sgd()', options, ['lr', 'momentum', 'dampening', 'weightDecay', 'nesterov']);
  const { lr = 1e-3, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
  checkNumber('sgd()', 'lr', lr, { min: 0 });
  checkNumber('sgd()', 'momentum', momentum, { min: 0 });
  checkNumber('sgd()', 'dampening', dampening, {});
  checkNumber('sgd()', 'weightDecay', weightDecay, { min: 0 });
  boolean('sgd()', 'nesterov', nesterov);
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    refuse('sgd()', 'nesterov', 'false, unless momentum is above 0 and dampening is 0', nesterov);
  }
  return component('optimizer', 'sgd', { lr, momentum, dampening, weightDecay, nesterov });
}

/**
 * Adam, with PyTorch's formulas and defaults (https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function adam(options: AdamOptions = {}): Optimizer<'adam'> {
  return component('optimizer', 'adam', adamArgs('adam()', options, 0));
}

/**
 * Adam with decoupled weight decay: w ← w · (1 − lr · weightDecay) before each update. PyTorch's formulas and defaults
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function adamw(options: AdamOptions = {}): Optimizer<'adamw'> {
  return component('optimizer', 'adamw', adamArgs('adamw()', options, 1e-2));
}

function adamArgs(where: string, options: AdamOptions, defaultDecay: number): Optimizer['args'] {
  checkOptions(where, options, ['lr', 'betas', 'eps', 'weightDecay', 'amsgrad']);
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
  checkOptions('rmsprop()', options, ['lr', 'alpha', 'eps', 'weightDecay', 'momentum', 'centered']);
  const { lr = 1e-2, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false } = options;
  checkNumber('rmsprop()', 'lr', lr, { min: 0 });
  checkNumber('rmsprop()', 'alpha', alpha, { min: 0 });
  checkNumber('rmsprop()', 'eps', eps, { min: 0 });
  checkNumber('rmsprop()', 'weightDecay', weightDecay, { min: 0 });
  checkNumber('rmsprop()', 'momentum', momentum, { min: 0 });
  boolean('rmsprop()', 'centered', centered);
  return component('optimizer', 'rmsprop', { lr, alpha, eps, weightDecay, momentum, centered });
}

/**
 * Adagrad, with PyTorch's formulas and defaults (https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function adagrad(options: AdagradOptions = {}): Optimizer<'adagrad'> {
  checkOptions('adagrad()', options, ['lr', 'lrDecay', 'weightDecay', 'initialAccumulatorValue', 'eps']);
  const { lr = 1e-2, lrDecay = 0, weightDecay = 0, initialAccumulatorValue = 0, eps = 1e-10 } = options;
  checkNumber('adagrad()', 'lr', lr, { min: 0 });
  checkNumber('adagrad()', 'lrDecay', lrDecay, { min: 0 });
  checkNumber('adagrad()', 'weightDecay', weightDecay, { min: 0 });
  checkNumber('adagrad()', 'initialAccumulatorValue', initialAccumulatorValue, { min: 0 });
  checkNumber('adagrad()', 'eps', eps, { min: 0 });
  return component('optimizer', 'adagrad', { lr, lrDecay, weightDecay, initialAccumulatorValue, eps });
}
