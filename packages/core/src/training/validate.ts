import type { RunningCallbacks } from '../callbacks/running.js';
import type { Recipe } from '../components/recipe.js';
import type { Metric } from '../metrics/metric.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import type { OpContext } from './context.js';
import { lossNotFinite } from './epoch.js';
import { pass } from './evaluate/evaluate.js';
import { prefixed } from './monitors.js';
import type { Progress } from './progress/progress.js';
import type { Scores } from './result.js';
import { noSamples, samplesOf } from './samples.js';
import type { Tally } from './tally.js';

/** What the validations of a train have in common. */
export interface Validation {
  readonly context: OpContext;
  readonly callbacks: RunningCallbacks;
  /** Null: there is none. */
  readonly data: DataSource | SampleStream | null;
  readonly plan: {
    readonly loss: Recipe;
    readonly metrics: readonly Metric[];
    readonly batchSize: number;
    readonly seed: number;
  };
  readonly progress: Progress;
}

/**
 * The scores of the validation data, with averages in the place of what is trained where callbacks have some; the engine has its own state again after that. Tells
 * callbacks.
 * @param train the scores of the epoch's training; null before the first
 * @throws TrainingError `LOSS_NOT_FINITE`; DataError
 */
export async function validate(
  validation: Validation,
  epoch: number,
  lr: number,
  train: Scores | null = null,
): Promise<Scores | null> {
  const { context, callbacks, data } = validation;
  const { net } = context;
  const { at, logged } = callbacks;
  const trained = prefixed('train', train);
  at.scores = { ...trained, ...logged.means() };
  if (data === null) return null;
  await callbacks.call('onValidationStart');
  const averages = callbacks.averages();
  const own = averages === null ? null : net.capture();
  if (averages !== null && own !== null) net.restore({ ...own, net: new Map([...own.net, ...averages]) });
  let scores: Scores;
  try {
    scores = await scoresOn(validation, data, epoch, lr);
  } finally {
    if (own !== null) net.restore(own);
  }
  at.scores = { ...trained, ...prefixed('val', scores), ...logged.means() };
  await callbacks.call('onValidationEnd');
  return scores;
}

async function scoresOn(
  { context, plan, progress }: Validation,
  data: DataSource | SampleStream,
  epoch: number,
  lr: number,
): Promise<Scores> {
  progress.begin('validation', samplesOf(data));
  const tally = await pass(context, data, plan, progress);
  if (tally.samples === 0) throw noSamples('train()', 'the validation data');
  if (!Number.isFinite(tally.loss)) throw lossNotFinite(tally.loss, epoch, null, lr);
  return scoresOf(tally);
}

export function scoresOf(tally: Tally): Scores {
  return { loss: tally.loss, ...tally.objectives(), ...tally.metrics() };
}
