import { component } from '../components/component.js';
import type { Metric } from './metric.js';
import { pairs } from './shapes.js';

/** A sum of errors, and how many they are. */
export interface ErrorSum {
  sum: number;
  of: number;
}

/** The mean of |output − target| over all elements; named `mae`. */
export function meanAbsoluteError(): Metric<'mae', ErrorSum> {
  return errorMetric('mae', Math.abs);
}

/** The mean of (output − target)² over all elements; named `mse`. */
export function meanSquaredError(): Metric<'mse', ErrorSum> {
  return errorMetric('mse', (error) => error * error);
}

function errorMetric<Name extends string>(name: Name, size: (error: number) => number): Metric<Name, ErrorSum> {
  return {
    name,
    mode: 'min',
    identity: component('metric', name),
    init: () => ({ sum: 0, of: 0 }),
    update: (acc, { output, target }) => {
      const { predicted, truth } = pairs(name, output, target);
      // One element after the other into one sum: the same additions, however the epoch is cut into batches.
      for (let i = 0; i < predicted.length; i++) acc.sum += size((predicted[i] as number) - Number(truth[i]));
      acc.of += predicted.length;
      return acc;
    },
    result: ({ sum, of }) => sum / of,
  };
}

/** For each column: how many targets, their mean, the squares around it, and the squares of what was missed. */
export interface Spread {
  of: number;
  readonly mean: number[];
  readonly around: number[];
  readonly missed: number[];
}

/**
 * The coefficient of determination, 1 − Σ(target − output)² / Σ(target − mean)²; the mean over the columns of a target with several.
 * A column of equal targets counts as 1 where every output is exact, else as 0 (as in scikit-learn).
 */
export function r2(): Metric<'r2', Spread> {
  return {
    name: 'r2',
    mode: 'max',
    identity: component('metric', 'r2'),
    init: () => ({ of: 0, mean: [], around: [], missed: [] }),
    update: (acc, { output, target }) => {
      const { predicted, truth } = pairs('r2', output, target);
      const rows = output.shape[0] ?? 0;
      const columns = rows === 0 ? 0 : predicted.length / rows;
      for (let row = 0; row < rows; row++) addRow(acc, predicted, truth, row * columns, columns);
      return acc;
    },
    result: ({ missed, around }) => {
      const scores = missed.map((error, column) => score(error, around[column] as number));
      return scores.reduce((sum, each) => sum + each, 0) / scores.length;
    },
  };
}

/** Welford's recurrence: exact to rounding, however far the mean is from zero. */
function addRow(
  acc: Spread,
  predicted: ArrayLike<number>,
  truth: ArrayLike<number | bigint>,
  start: number,
  columns: number,
): void {
  acc.of++;
  for (let column = 0; column < columns; column++) {
    const value = Number(truth[start + column]);
    const mean = acc.mean[column] ?? 0;
    const next = mean + (value - mean) / acc.of;
    acc.mean[column] = next;
    acc.around[column] = (acc.around[column] ?? 0) + (value - mean) * (value - next);
    acc.missed[column] = (acc.missed[column] ?? 0) + (value - (predicted[start + column] as number)) ** 2;
  }
}

function score(missed: number, around: number): number {
  if (around > 0) return 1 - missed / around;
  return missed === 0 ? 1 : 0;
}
