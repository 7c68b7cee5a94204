import { DataError } from '../data/data-error.js';
import type { Tensor, TensorData } from '../values/tensor.js';

/** Scores of classes beside what is true. */
export interface ClassScores {
  readonly samples: number;
  readonly classes: number;
  /** Row by row. */
  readonly scores: ArrayLike<number>;
  /** Class indices, or as many scores as there are outputs: distributions, row by row. */
  readonly truth: ArrayLike<number | bigint>;
  readonly isDistribution: boolean;
}

/**
 * Outputs [n, classes] with targets that are class indices (n of them) or distributions [n, classes].
 * @throws DataError `DATA_MISMATCH`
 */
export function classScores(metric: string, output: Tensor, target: Tensor): ClassScores {
  const [samples = 0, classes = 0] = output.shape;
  const length = target.data.length;
  if (output.shape.length !== 2 || classes < 2 || (length !== samples && length !== samples * classes)) {
    throw mismatch(
      metric,
      output,
      target,
      'outputs [n, classes] and targets that are class indices [n] or distributions [n, classes]',
    );
  }
  return {
    samples,
    classes,
    scores: numbers(output.data),
    truth: target.data,
    isDistribution: length === samples * classes,
  };
}

/**
 * Outputs and targets with the same number of elements for each sample.
 * @throws DataError `DATA_MISMATCH`
 */
export function pairs(
  metric: string,
  output: Tensor,
  target: Tensor,
): { readonly predicted: ArrayLike<number>; readonly truth: ArrayLike<number | bigint> } {
  if (output.data.length !== target.data.length || output.shape[0] !== target.shape[0]) {
    throw mismatch(metric, output, target, 'outputs and targets of the same shape');
  }
  return { predicted: numbers(output.data), truth: target.data };
}

/** The index of the largest of a row's values; the first of equal ones. */
export function argmax(values: ArrayLike<number | bigint>, row: number, width: number): number {
  const start = row * width;
  let best = 0;
  let highest = values[start] as number | bigint;
  for (let i = 1; i < width; i++) {
    const value = values[start + i] as number | bigint;
    if (value > highest) {
      highest = value;
      best = i;
    }
  }
  return best;
}

/** The class that a row's target names. */
export function trueClass({ truth, isDistribution, classes }: ClassScores, row: number): number {
  return isDistribution ? argmax(truth, row, classes) : Number(truth[row]);
}

function mismatch(metric: string, output: Tensor, target: Tensor, expected: string): DataError {
  return new DataError(
    'DATA_MISMATCH',
    `The metric ${metric} takes ${expected}, and got outputs [${output.shape.join(', ')}] and targets [${target.shape.join(', ')}].`,
  );
}

function numbers(data: TensorData): ArrayLike<number> {
  return data as ArrayLike<number>;
}
