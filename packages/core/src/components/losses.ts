import { checkOptions } from '../options/check-options.js';
import { boolean, refuse } from '../options/validators.js';
import { component, type Loss } from './component.js';
import { checkNumber, checkNumbers } from './checks.js';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** How much of each target is spread evenly over the classes, in [0, 1]. Default 0. */
  readonly labelSmoothing?: number;
  /** A weight for each class. With class indices, means over a batch and over an epoch are then weighted by them. Default: all alike. */
  readonly weight?: readonly number[] | null;
}

/** Options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions {
  /** Whether outputs are logits, to which the loss applies the sigmoid itself (more exact). Default true. */
  readonly fromLogits?: boolean;
  /** Weight of the positive answer: one for all outputs, or one for each. Only with logits. Default: 1. */
  readonly posWeight?: number | readonly number[] | null;
}

/** Options of {@link huber}. */
export interface HuberOptions {
  /** Where the loss turns from quadratic to linear. Default 1. */
  readonly delta?: number;
}

/**
 * Cross-entropy between logits [n, classes] and targets: class indices [n], or distributions [n, classes]. Mean over the batch.
 * PyTorch's formulas (https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss<'crossEntropy'> {
  checkOptions('crossEntropy()', options, ['labelSmoothing', 'weight']);
  const { labelSmoothing = 0, weight = null } = options;
  checkNumber('crossEntropy()', 'labelSmoothing', labelSmoothing, { min: 0, max: 1 });
  if (weight !== null) checkNumbers('crossEntropy()', 'weight', weight, { min: 0 });
  return component('loss', 'crossEntropy', { labelSmoothing, weight: weight === null ? null : [...weight] });
}

/**
 * Binary cross-entropy between outputs and targets of the same shape, targets in [0, 1]. Mean over all elements. With
 * `fromLogits` it is PyTorch's BCEWithLogitsLoss, else its BCELoss, whose logarithms are clamped at −100
 * (https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function binaryCrossEntropy(options: BinaryCrossEntropyOptions = {}): Loss<'binaryCrossEntropy'> {
  const where = 'binaryCrossEntropy()';
  checkOptions(where, options, ['fromLogits', 'posWeight']);
  const { fromLogits = true, posWeight = null } = options;
  boolean(where, 'fromLogits', fromLogits);
  if (posWeight !== null && !fromLogits) {
    refuse(where, 'posWeight', 'left out where fromLogits is false', posWeight);
  }
  const weights = typeof posWeight === 'number' ? [posWeight] : posWeight;
  if (weights !== null) checkNumbers(where, 'posWeight', weights, { min: 0 });
  return component('loss', 'binaryCrossEntropy', { fromLogits, posWeight: weights === null ? null : [...weights] });
}

/**
 * Mean squared error over all elements. Outputs and targets have the same shape
 * (https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html).
 */
export function mse(): Loss<'mse'> {
  return component('loss', 'mse');
}

/**
 * Mean absolute error over all elements. Outputs and targets have the same shape
 * (https://docs.pytorch.org/docs/stable/generated/torch.nn.L1Loss.html).
 */
export function l1(): Loss<'l1'> {
  return component('loss', 'l1');
}

/**
 * Huber's loss, mean over all elements: ½ d² where |d| < delta, else delta · (|d| − ½ delta)
 * (https://docs.pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html).
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function huber(options: HuberOptions = {}): Loss<'huber'> {
  checkOptions('huber()', options, ['delta']);
  const { delta = 1 } = options;
  checkNumber('huber()', 'delta', delta, { above: 0 });
  return component('loss', 'huber', { delta });
}
