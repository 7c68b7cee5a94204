import { component } from '../components/component.js';
import { checkOptions } from '../options/check-options.js';
import { oneOf } from '../options/validators.js';
import { cutOf, type BinaryOptions } from './accuracy.js';
import type { MetricInput } from './input.js';
import type { Metric } from './metric.js';
import { argmax, classScores, pairs, trueClass } from './shapes.js';

/** Options of {@link precision}, {@link recall} and {@link f1}. */
export interface RetrievalOptions extends BinaryOptions {
  /**
   * `macro` (default): the mean over the classes that occur among targets or predictions. `weighted`: that mean, weighted by how often
   * each class is true. `micro`: all decisions counted together. `binary`: of yes-or-no outputs, which `threshold` and `fromLogits`
   * are for.
   */
  readonly average?: 'macro' | 'weighted' | 'micro' | 'binary';
}

/** By class: right among the predicted, predicted in all, true in all. */
export interface Tallies {
  hits: number[];
  predicted: number[];
  actual: number[];
}

type Figure = (hits: number, predicted: number, actual: number) => number;

/**
 * Of what was predicted as a class, the share that is of that class; 0 where nothing was predicted.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function precision(options: RetrievalOptions = {}): Metric<'precision', Tallies> {
  return retrieval('precision', options, (hits, predicted) => share(hits, predicted));
}

/**
 * Of what is of a class, the share that was predicted as that class; 0 where nothing is.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function recall(options: RetrievalOptions = {}): Metric<'recall', Tallies> {
  return retrieval('recall', options, (hits, _, actual) => share(hits, actual));
}

/**
 * The harmonic mean of precision and recall, by class.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function f1(options: RetrievalOptions = {}): Metric<'f1', Tallies> {
  return retrieval('f1', options, (hits, predicted, actual) => share(2 * hits, predicted + actual));
}

function retrieval<Name extends string>(name: Name, options: RetrievalOptions, figure: Figure): Metric<Name, Tallies> {
  checkOptions(`${name}()`, options, ['average', 'threshold', 'fromLogits']);
  const { average = 'macro', threshold = 0.5, fromLogits = true } = options;
  oneOf(`${name}()`, 'average', average, ['macro', 'weighted', 'micro', 'binary']);
  const cut = cutOf(`${name}()`, threshold, fromLogits);
  return {
    name,
    mode: 'max',
    identity: component('metric', name, average === 'binary' ? { average, threshold, fromLogits } : { average }),
    init: () => ({ hits: [], predicted: [], actual: [] }),
    update: (acc, input) =>
      average === 'binary' ? tallyBinary(acc, name, input, cut) : tallyClasses(acc, name, input),
    result: (acc) => averaged(acc, average, figure),
  };
}

function tallyClasses(acc: Tallies, name: string, { output, target }: MetricInput): Tallies {
  const all = classScores(name, output, target);
  for (let row = 0; row < all.samples; row++) {
    tally(acc, argmax(all.scores, row, all.classes), trueClass(all, row));
  }
  return acc;
}

function tallyBinary(acc: Tallies, name: string, { output, target }: MetricInput, cut: number): Tallies {
  const { predicted, truth } = pairs(name, output, target);
  for (let i = 0; i < predicted.length; i++) {
    tally(acc, (predicted[i] as number) > cut ? 1 : 0, (truth[i] as number) > 0.5 ? 1 : 0);
  }
  return acc;
}

function tally({ hits, predicted, actual }: Tallies, guess: number, truth: number): void {
  predicted[guess] = (predicted[guess] ?? 0) + 1;
  actual[truth] = (actual[truth] ?? 0) + 1;
  if (guess === truth) hits[truth] = (hits[truth] ?? 0) + 1;
}

function averaged(acc: Tallies, average: NonNullable<RetrievalOptions['average']>, figure: Figure): number {
  const count = Math.max(acc.predicted.length, acc.actual.length);
  const all = Array.from({ length: count }, (_, index) => ({
    hits: acc.hits[index] ?? 0,
    predicted: acc.predicted[index] ?? 0,
    actual: acc.actual[index] ?? 0,
  }));
  const of = ({ hits, predicted, actual }: (typeof all)[number]): number => figure(hits, predicted, actual);
  const classes = all.filter(({ predicted, actual }) => predicted + actual > 0);
  const total = (key: 'hits' | 'predicted' | 'actual'): number => all.reduce((sum, each) => sum + each[key], 0);
  switch (average) {
    case 'binary':
      return of(all[1] ?? { hits: 0, predicted: 0, actual: 0 });
    case 'micro':
      return figure(total('hits'), total('predicted'), total('actual'));
    case 'weighted':
      return classes.reduce((sum, each) => sum + of(each) * each.actual, 0) / total('actual');
    case 'macro':
      return classes.reduce((sum, each) => sum + of(each), 0) / classes.length;
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
