import { advanceScheduler, monitorOf } from '../components/schedule.js';
import { batches } from '../data/batches.js';
import { sampleCount } from '../data/check-batch.js';
import { TrainingError } from '../errors/training-error.js';
import { keepNothing, type Metric } from '../metrics/metric.js';
import type { Batch, DataSource, SampleStream } from '../ports/data-source.js';
import type { Rates } from '../ports/engine.js';
import type { SchedulerState } from '../state/training-state.js';
import type { OpContext } from './context.js';
import type { PartialEpoch } from './course.js';
import type { Progress } from './progress/progress.js';
import { ratesAt } from './steps/rates.js';
import type { EpochRecord } from './result.js';
import { StepSignal } from './steps/step-signal.js';
import type { Stepper, StepSeen } from './steps/stepper.js';
import { Tally } from './tally.js';

/** Where training is. The loop moves it. */
export interface Position {
  readonly seed: number;
  /** Where the rates of the optimizer's groups begin. */
  readonly baseRates: readonly number[];
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
  /** A step is about to be taken, or was taken, and is counted. Training waits for what is returned. */
  begins(batch: Batch, rates: Rates): Promise<void> | undefined;
  ends(loss: number): Promise<void> | undefined;
  /** A step is done. Training waits for what is returned. */
  stands(tally: Tally, lr: number): Promise<void> | undefined;
  /** Whether the epoch is to end here. */
  stops(): boolean;
}

/**
 * One pass over the training data. Returns its scores and the rate of the last step.
 * @param from where in the epoch it goes on
 */
export async function trainEpoch(
  { net, signal }: OpContext,
  stepper: Stepper,
  data: DataSource | SampleStream,
  settings: {
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
  const { batchSize, shuffle, metrics, number, from } = settings;
  const { seed, baseRates, epoch } = position;
  const tally = new Tally(metrics, net.description.outputs[0] ?? '', from, stepper.objectives);
  let rates: Rates = { lr: from?.lr ?? (baseRates[0] as number) };
  const recycle = keepNothing(metrics);
  const skip = from?.samples ?? 0;
  const stepping = new StepSignal(signal);
  const plan = { batchSize, shuffle, seed, epoch, signal: stepping.signal, recycle, skip };
  const seen: StepSeen = {
    tally,
    check: (loss) => {
      if (!Number.isFinite(loss)) throw lossNotFinite(loss, number, tally.steps, rates.lr);
    },
  };
  let taken = 0;
  const end = async (): Promise<void> => {
    taken = 0;
    const loss = await stepper.end({ ...rates, seed, step: position.step, epoch });
    tally.stepped();
    position.step++;
    // A step without a loss is none to a scheduler that looks at losses.
    if (position.stepScheduler !== null && !(Number.isNaN(loss) && monitorOf(position.stepScheduler.recipe) !== null)) {
      position.stepScheduler = advanceScheduler(position.stepScheduler, { train_loss: loss });
    }
    const ends = listener.ends(loss);
    if (ends !== undefined) await ends;
    const wait = listener.stands(tally, rates.lr);
    if (wait !== undefined) await wait;
    stepping.end();
  };
  try {
    // Where it was stopped here already, only the end of the epoch is lacking.
    for await (const batch of listener.stops() ? [] : batches(data, plan)) {
      if (taken === 0) {
        stepping.begin();
        rates = ratesAt(baseRates, position);
        listener.moves();
        const begins = listener.begins(batch, rates);
        if (begins !== undefined) await begins;
      }
      await stepper.take(batch, { ...rates, seed, step: position.step, epoch }, seen);
      taken++;
      progress.advance(sampleCount(batch), tally);
      if (taken < stepper.batches) continue;
      await end();
      if (listener.stops()) break;
    }
    if (taken > 0) await end();
  } finally {
    stepping.stop();
  }
  return { tally, lr: rates.lr };
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
