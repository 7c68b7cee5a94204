import { userFunction, type FunctionOptions } from '../functions/user-function.js';
import { checkOptions } from '../options/check-options.js';
import { oneOf, refuse } from '../options/validators.js';
import { checkNumber, checkNumbers } from './checks.js';
import { component, type Scheduler } from './component.js';

/**
 * Multiplies the rate by `gamma` (default 0.1) after every `stepSize` epochs or steps
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function stepLR(options: { readonly stepSize: number; readonly gamma?: number }): Scheduler<'stepLR'> {
  checkOptions('stepLR()', options, ['stepSize', 'gamma']);
  const { stepSize, gamma = 0.1 } = options ?? {};
  checkNumber('stepLR()', 'stepSize', stepSize, { whole: true, min: 1 });
  checkNumber('stepLR()', 'gamma', gamma, { min: 0 });
  return component('scheduler', 'stepLR', { stepSize, gamma });
}

/**
 * Multiplies the rate by `gamma` (default 0.1) at each milestone, counted in epochs or steps
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function multiStepLR(options: {
  readonly milestones: readonly number[];
  readonly gamma?: number;
}): Scheduler<'multiStepLR'> {
  checkOptions('multiStepLR()', options, ['milestones', 'gamma']);
  const { milestones, gamma = 0.1 } = options ?? {};
  checkNumbers('multiStepLR()', 'milestones', milestones, { whole: true, min: 0 });
  checkNumber('multiStepLR()', 'gamma', gamma, { min: 0 });
  return component('scheduler', 'multiStepLR', { milestones: [...milestones].sort((a, b) => a - b), gamma });
}

/**
 * Multiplies the rate by `gamma` every epoch or step
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function exponentialLR(options: { readonly gamma: number }): Scheduler<'exponentialLR'> {
  checkOptions('exponentialLR()', options, ['gamma']);
  const { gamma } = options ?? {};
  checkNumber('exponentialLR()', 'gamma', gamma, { min: 0 });
  return component('scheduler', 'exponentialLR', { gamma });
}

/**
 * Half a cosine, from the optimizer's rate down to `etaMin` (default 0) in `tMax` epochs or steps; it rises again after that
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function cosine(options: { readonly tMax: number; readonly etaMin?: number }): Scheduler<'cosine'> {
  checkOptions('cosine()', options, ['tMax', 'etaMin']);
  const { tMax, etaMin = 0 } = options ?? {};
  checkNumber('cosine()', 'tMax', tMax, { whole: true, min: 1 });
  checkNumber('cosine()', 'etaMin', etaMin, { min: 0 });
  return component('scheduler', 'cosine', { tMax, etaMin });
}

/**
 * Grows the rate in a line from `startFactor` (default 1/3) of it to all of it, in `steps` epochs or steps: PyTorch's LinearLR
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function linearWarmup(options: {
  readonly steps: number;
  readonly startFactor?: number;
}): Scheduler<'linearWarmup'> {
  checkOptions('linearWarmup()', options, ['steps', 'startFactor']);
  const { steps, startFactor = 1 / 3 } = options ?? {};
  checkNumber('linearWarmup()', 'steps', steps, { whole: true, min: 1 });
  checkNumber('linearWarmup()', 'startFactor', startFactor, { min: 0, max: 1 });
  return component('scheduler', 'linearWarmup', { steps, startFactor });
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** The highest rate. */
  readonly maxLr: number;
  /** The length of the cycle, in steps (or epochs, as an `epochScheduler`). */
  readonly totalSteps: number;
  /** The part of the cycle in which the rate grows. Default 0.3. */
  readonly pctStart?: number;
  /** The first rate is maxLr / divFactor. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the first / finalDivFactor. Default 1e4. */
  readonly finalDivFactor?: number;
  /** The curve between them. Default 'cos'. */
  readonly anneal?: 'cos' | 'linear';
}

/**
 * One rise and one fall. It sets the rate by itself: the optimizer's rate, and an epoch scheduler beneath it, don't count.
 * The momentum stays as it is, where PyTorch's default cycles it too (`cycle_momentum=False` is this one). After its end the rate stays at the last
 * value, where PyTorch throws
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function oneCycle(options: OneCycleOptions): Scheduler<'oneCycle'> {
  checkOptions('oneCycle()', options, ['maxLr', 'totalSteps', 'pctStart', 'divFactor', 'finalDivFactor', 'anneal']);
  const { maxLr, totalSteps, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4, anneal = 'cos' } = options ?? {};
  checkNumber('oneCycle()', 'maxLr', maxLr, { above: 0 });
  checkNumber('oneCycle()', 'totalSteps', totalSteps, { whole: true, min: 1 });
  checkNumber('oneCycle()', 'pctStart', pctStart, { min: 0, max: 1 });
  checkNumber('oneCycle()', 'divFactor', divFactor, { above: 0 });
  checkNumber('oneCycle()', 'finalDivFactor', finalDivFactor, { above: 0 });
  oneOf('oneCycle()', 'anneal', anneal, ['cos', 'linear']);
  return component('scheduler', 'oneCycle', { maxLr, totalSteps, pctStart, divFactor, finalDivFactor, anneal });
}

/** Options of {@link reduceOnPlateau}. */
export interface ReduceOnPlateauOptions {
  /** Whether the monitor should fall or rise. Default 'min'. */
  readonly mode?: 'min' | 'max';
  /** What the rate is multiplied by. Default 0.1. */
  readonly factor?: number;
  /** How many epochs without an improvement are borne; the next one reduces the rate. Default 10. */
  readonly patience?: number;
  /** What counts as an improvement. Default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a part of the best value or an amount. Default 'rel'. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** How many epochs after a reduction don't count as bad. Default 0. */
  readonly cooldown?: number;
  /** The rate is not reduced below this. Default 0. */
  readonly minLr?: number;
  /** A reduction by no more than this is left out. Default 1e-8. */
  readonly eps?: number;
  /** What is looked at: `val_loss` (default), `train_loss`, `val_accuracy`, or a key that a callback logs. A step scheduler only sees `train_loss`, the step's loss. */
  readonly monitor?: string;
}

/**
 * Reduces the rate when a monitor has stopped improving
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): Scheduler<'reduceOnPlateau'> {
  const where = 'reduceOnPlateau()';
  const known = ['mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'minLr', 'eps', 'monitor'];
  checkOptions(where, options, known);
  const { mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = 'rel' } = options;
  const { cooldown = 0, minLr = 0, eps = 1e-8, monitor = 'val_loss' } = options;
  oneOf(where, 'mode', mode, ['min', 'max']);
  checkNumber(where, 'factor', factor, { min: 0, below: 1 });
  checkNumber(where, 'patience', patience, { whole: true, min: 0 });
  checkNumber(where, 'threshold', threshold, { min: 0 });
  oneOf(where, 'thresholdMode', thresholdMode, ['rel', 'abs']);
  checkNumber(where, 'cooldown', cooldown, { whole: true, min: 0 });
  checkNumber(where, 'minLr', minLr, { min: 0 });
  checkNumber(where, 'eps', eps, { min: 0 });
  if (typeof monitor !== 'string' || ['', 'loss', 'train_', 'val_'].includes(monitor)) {
    refuse(
      where,
      'monitor',
      "a monitor such as 'val_loss', 'train_loss' or 'val_accuracy', or a key that a callback logs",
      monitor,
    );
  }
  return component('scheduler', 'reduceOnPlateau', {
    mode,
    factor,
    patience,
    threshold,
    thresholdMode,
    cooldown,
    minLr,
    eps,
    monitor,
  });
}

/**
 * Multiplies the optimizer's rate by a function of the number of epochs or steps so far: PyTorch's LambdaLR
 * (https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html).
 * The function has to be pure. What it closes over is given in `deps`, or it has a `key`.
 * @throws OptionError `INVALID_OPTION`
 */
export function lambda(factor: (t: number) => number, options: FunctionOptions = {}): Scheduler<'lambda'> {
  checkOptions('lambda()', options, ['deps', 'key']);
  if (typeof factor !== 'function') refuse('lambda()', 'factor', 'a function of the count', factor);
  return component('scheduler', 'lambda', { factor: userFunction(factor, options) });
}
