import { checkNumber } from '../components/checks.js';
import { component } from '../components/component.js';
import { checkOptions } from '../options/check-options.js';
import { boolean, positiveInteger } from '../options/validators.js';
import type { Metric } from './metric.js';
import { argmax, classScores, pairs, trueClass } from './shapes.js';

/** How many were right, of how many. */
export interface Hits {
  right: number;
  of: number;
}

const init = (): Hits => ({ right: 0, of: 0 });
const result = ({ right, of }: Hits): number => right / of;

/**
 * The share of samples whose largest output is the true class. Outputs [n, classes]; targets are class indices [n]
 * or distributions [n, classes].
 */
export function accuracy(): Metric<'accuracy', Hits> {
  return {
    name: 'accuracy',
    mode: 'max',
    identity: component('metric', 'accuracy'),
    init,
    update: (acc, { output, target }) => {
      const all = classScores('accuracy', output, target);
      let right = 0;
      for (let row = 0; row < all.samples; row++) {
        if (argmax(all.scores, row, all.classes) === trueClass(all, row)) right++;
      }
      acc.right += right;
      acc.of += all.samples;
      return acc;
    },
    result,
  };
}

/**
 * The share of samples whose true class is among the `k` largest outputs; of equal outputs the first count as larger.
 * Its name is `top5` for k = 5.
 * @throws OptionError `INVALID_OPTION`
 */
export function topK<const K extends number>(k: K): Metric<`top${K}`, Hits> {
  positiveInteger('topK()', 'k', k);
  return {
    name: `top${k}`,
    mode: 'max',
    identity: component('metric', 'topK', { k }),
    init,
    update: (acc, { output, target }) => {
      const all = classScores(`top${k}`, output, target);
      for (let row = 0; row < all.samples; row++) {
        if (rank(all.scores, row * all.classes, all.classes, trueClass(all, row)) < k) acc.right++;
      }
      acc.of += all.samples;
      return acc;
    },
    result,
  };
}

function rank(scores: ArrayLike<number>, start: number, classes: number, which: number): number {
  const score = scores[start + which] as number;
  let larger = 0;
  for (let i = 0; i < classes; i++) {
    const other = scores[start + i] as number;
    if (other > score || (other === score && i < which)) larger++;
  }
  return larger;
}

/** Options of metrics on yes-or-no outputs. */
export interface BinaryOptions {
  /** The probability above which an output means yes. Default 0.5. */
  readonly threshold?: number;
  /** Whether outputs are logits, as `binaryCrossEntropy` takes them, or probabilities. Default true. */
  readonly fromLogits?: boolean;
}

/**
 * The share of outputs on the right side of the threshold. Outputs and targets have the same shape; a target above 0.5 means yes.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function binaryAccuracy(options: BinaryOptions = {}): Metric<'binaryAccuracy', Hits> {
  checkOptions('binaryAccuracy()', options, ['threshold', 'fromLogits']);
  const { threshold = 0.5, fromLogits = true } = options;
  const cut = cutOf('binaryAccuracy()', threshold, fromLogits);
  return {
    name: 'binaryAccuracy',
    mode: 'max',
    identity: component('metric', 'binaryAccuracy', { threshold, fromLogits }),
    init,
    update: (acc, { output, target }) => {
      const { predicted, truth } = pairs('binaryAccuracy', output, target);
      for (let i = 0; i < predicted.length; i++) {
        if ((predicted[i] as number) > cut === (truth[i] as number) > 0.5) acc.right++;
      }
      acc.of += predicted.length;
      return acc;
    },
    result,
  };
}

/** The output above which the answer is yes: the threshold itself, or its logit. */
export function cutOf(where: string, threshold: number, fromLogits: boolean): number {
  checkNumber(where, 'threshold', threshold, { above: 0, below: 1 });
  boolean(where, 'fromLogits', fromLogits);
  return fromLogits ? Math.log(threshold / (1 - threshold)) : threshold;
}
