import { advanceScheduler, nextLr } from '../components/schedule.js';
import { batches } from '../data/batches.js';
import { sampleCount } from '../data/check-batch.js';
import { TrainingError } from '../errors/training-error.js';
import { keepNothing, type Metric } from '../metrics/metric.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import type { LoadedNet } from '../ports/engine.js';
import type { SchedulerState } from '../state/training-state.js';
import type { OpContext } from './context.js';
import type { PartialEpoch } from './course.js';
import type { Progress } from './progress.js';
import type { EpochRecord } from './result.js';
import { Tally } from './tally.js';

/** Where training is. The loop moves it. */
export interface Position {
  readonly seed: number;
  /** The rate of the optimizer's recipe. */
  readonly baseLr: number;
  /** Over the life of the state, as in `TrainingState`. */
  epoch: number;
  step: number;
  epochScheduler: SchedulerState | null;
  stepScheduler: SchedulerState | null;
}

/** What is told of each step. */
export interface StepListener {
  /** The engine's state and what is counted beside it don't belong together until `stands`. */
  moves(): void;
  /** A step is done. Training waits for what is returned. */
  stands(tally: Tally, lr: number): Promise<void> | undefined;
}

/**
 * One pass over the training data, a step a batch. Returns its scores and the rate of the last step.
 * @param from where in the epoch it goes on
 */
export async function trainEpoch(
  { net, signal }: OpContext,
  trainer: Awaited<ReturnType<LoadedNet['trainer']>>,
  data: DataSource | SampleStream,
  plan: {
    readonly batchSize: number;
    readonly shuffle: boolean;
    readonly metrics: readonly Metric[];
    /** The epoch's number within the call, for errors. */
    readonly number: number;
    readonly from: PartialEpoch | null;
  },
  position: Position,
  progress: Progress,
  listener: StepListener,
): Promise<{ readonly tally: Tally; readonly lr: number }> {
  const { batchSize, shuffle, metrics, number, from } = plan;
  const { seed, baseLr, epoch } = position;
  const tally = new Tally(metrics, net.description.outputs[0] ?? '', from);
  let lr = from?.lr ?? baseLr;
  const recycle = keepNothing(metrics);
  const skip = from?.samples ?? 0;
  for await (const batch of batches(data, { batchSize, shuffle, seed, epoch, signal, recycle, skip })) {
    signal.throwIfAborted();
    lr = nextLr(baseLr, position.epochScheduler, position.stepScheduler);
    listener.moves();
    const output = await trainer.step(batch, { lr, seed, step: position.step });
    const { loss } = output;
    if (!Number.isFinite(loss)) throw lossNotFinite(loss, number, tally.steps, lr);
    const samples = sampleCount(batch);
    tally.add(batch, samples, output);
    position.step++;
    if (position.stepScheduler !== null) {
      position.stepScheduler = advanceScheduler(position.stepScheduler, { train_loss: loss });
    }
    progress.advance(samples, tally);
    const wait = listener.stands(tally, lr);
    if (wait !== undefined) await wait;
  }
  return { tally, lr };
}

/** A parameter that a training's last update left as no number: no loss shows it any more. */
export function stateNotFinite(parameter: string, last: EpochRecord, step: number): TrainingError {
  const { epoch, lr, train } = last;
  return new TrainingError(
    `The parameter '${parameter}' has NaN or an infinity in it after epoch ${epoch}, step ${step} (both counted from 0), at learning rate ${lr}; ` +
      'the losses up to there were numbers. The model is back at the state before this train(). Take a smaller learning rate (findLr shows which ones hold).',
    { epoch, step, loss: train.loss, lr, parameter },
  );
}

/** @param step null where the loss is that of the validation data */
export function lossNotFinite(loss: number, epoch: number, step: number | null, lr: number): TrainingError {
  const what = step === null ? 'validation loss' : 'loss';
  const where = step === null ? `after epoch ${epoch}` : `in epoch ${epoch}, step ${step}`;
  const when = epoch < 0 ? 'before the first epoch' : `${where} (both counted from 0), at learning rate ${lr}`;
  return new TrainingError(
    `The ${what} became ${loss} ${step === null ? when.replace('both ', '') : when}. The model is back at the state before this train(). ` +
      'Look for NaN, infinities or wrong targets in the data; if it is sound, take a smaller learning rate (findLr shows which ones hold).',
    { epoch, step, loss, lr },
  );
}
