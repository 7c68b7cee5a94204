import { advanceScheduler } from '../components/schedule.js';
import type { Recipe } from '../components/recipe.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import type { EngineState, StepSpec } from '../ports/engine.js';
import type { TrainingState } from '../state/training-state.js';
import type { OpContext } from './context.js';
import { lossNotFinite, type Position, stateNotFinite, trainEpoch } from './epoch.js';
import { pass } from './evaluate.js';
import { firstNotFinite } from './finite.js';
import { figure, figures, rate } from './format.js';
import { frozenNames } from './freeze.js';
import { checkMonitors, monitorsOf } from './monitors.js';
import type { TrainSettings } from './options.js';
import { Progress } from './progress.js';
import type { EpochRecord, Scores, TrainResult } from './result.js';
import { noSamples, samplesOf } from './samples.js';
import type { Tally } from './tally.js';
import { trainable } from './trainable.js';
import { Watch } from './watch.js';

/** What a train call learns from, and what it is judged by. */
export interface TrainingData {
  readonly train: DataSource | SampleStream;
  readonly validation: DataSource | SampleStream | null;
}

/** What a train call came to, and where training stands now. */
export interface Trained {
  readonly result: TrainResult;
  readonly state: TrainingState;
}

/**
 * Trains the live net. The state given says where training stands; the one returned, where it came to, and the engine holds the
 * tensors that belong to it. If anything throws, the engine is back at the tensors that it held before.
 *
 * Order within a step: rate, update, step scheduler. Within an epoch: its steps, validation, epoch scheduler, best, patience.
 * At the end each parameter is looked at once: the last update is one that no loss follows.
 * @throws TrainingError `LOSS_NOT_FINITE`; RepriseError `NO_LOSS`, `NO_OPTIMIZER`; OptionError; DataError; the signal's reason
 */
export async function train(
  context: OpContext,
  state: TrainingState,
  data: TrainingData,
  settings: TrainSettings,
): Promise<Trained> {
  const { loss, optimizer } = trainable('train()', state);
  checkMonitors(state, settings, data.validation !== null);
  const frozen = frozenNames(settings.freeze, context.net.description);
  const before = context.net.capture();
  const progress = new Progress(context.host, settings.progress);
  try {
    return await epochs(context, state, data, settings, { loss, optimizer, frozen }, before, progress);
  } catch (error) {
    context.net.restore(before);
    throw error;
  } finally {
    progress.clear();
  }
}

async function epochs(
  context: OpContext,
  state: TrainingState,
  data: TrainingData,
  settings: TrainSettings,
  spec: StepSpec,
  before: EngineState,
  progress: Progress,
): Promise<Trained> {
  const { net, host } = context;
  const { epochs: total, batchSize, metrics } = settings;
  const { epochScheduler, stepScheduler, seed } = state;
  const position: Position = { seed, baseLr: baseLr(spec.optimizer), ...state.loop, epochScheduler, stepScheduler };
  const say = (text: string): void => {
    progress.clear();
    context.line(text);
  };
  const validate = async (epoch: number, lr: number): Promise<Scores | null> => {
    if (data.validation === null) return null;
    progress.begin('validation', null);
    const tally = await pass(context, data.validation, { loss: spec.loss, metrics, batchSize, seed }, progress);
    if (tally.samples === 0) throw noSamples('train()', 'the validation data');
    if (!Number.isFinite(tally.loss)) throw lossNotFinite(tally.loss, epoch, null, lr);
    return scoresOf(tally);
  };

  const trainer = await net.trainer(spec);
  const initial = await validate(-1, position.baseLr);
  if (initial !== null) say(`${label(-1, total)}  ${figures(initial, 'val_')}`);
  const watch =
    settings.watch === null || initial === null ? null : new Watch({ ...settings, watch: settings.watch }, initial);
  let best = before;
  let stopped: TrainResult['stopped'] = 'epochs';
  let steps = 0;
  const history: EpochRecord[] = [];

  for (let epoch = 0; epoch < total; epoch++) {
    const begun = host.elapsed();
    progress.begin(label(epoch, total), samplesOf(data.train), { before: epoch / total, part: 1 / total });
    const { tally, lr } = await trainEpoch(
      context,
      trainer,
      data.train,
      { ...settings, number: epoch },
      position,
      progress,
    );
    if (tally.samples === 0) throw noSamples('train()', 'the training data');
    steps = tally.steps;
    const scores = scoresOf(tally);
    const val = await validate(epoch, lr);
    position.epoch++;
    if (position.epochScheduler !== null) {
      position.epochScheduler = advanceScheduler(position.epochScheduler, monitorsOf(scores, val));
    }
    const time = (host.elapsed() - begun) / 1000;
    history.push({ epoch, train: scores, val, lr, time });
    say(summary(history.at(-1) as EpochRecord, total));
    if (watch === null || val === null) continue;
    if (watch.see(epoch, val) && settings.loadBest) best = net.capture();
    if (watch.exhausted(epoch) && epoch + 1 < total) {
      stopped = 'patience';
      say(
        `stopped: no better ${settings.watch} for ${settings.patience} ${settings.patience === 1 ? 'epoch' : 'epochs'}`,
      );
      break;
    }
  }

  const chosen = watch?.best ?? null;
  const goBack = settings.loadBest && chosen !== null && chosen.epoch !== history.length - 1;
  if (watch !== null && chosen === null) {
    say(
      `nothing was best: val_${settings.watch} was NaN throughout${settings.loadBest ? ', so the last epoch stays' : ''}`,
    );
  }
  const parameter = firstNotFinite((goBack ? best : net.capture()).net, before.net);
  if (parameter !== undefined) {
    throw stateNotFinite(parameter, history.at(goBack ? chosen.epoch : -1) as EpochRecord, steps - 1);
  }
  if (goBack) {
    net.restore(best);
    say(`went back to ${where(chosen.epoch, total)}: val_${settings.watch} ${figure(chosen.value)}`);
  }
  const { epoch, step } = position;
  return {
    result: { initial, history, best: chosen, stopped, epochs: history.length, loaded: goBack ? 'best' : 'last' },
    state: {
      ...state,
      epochScheduler: position.epochScheduler,
      stepScheduler: position.stepScheduler,
      loop: { epoch, step },
    },
  };
}

function baseLr({ args }: Recipe): number {
  return args['lr'] as number;
}

function scoresOf(tally: Tally): Scores {
  return { loss: tally.loss, ...tally.metrics() };
}

/** People count epochs from 1. */
function label(epoch: number, total: number): string {
  const width = String(total).length;
  return epoch < 0 ? 'before'.padEnd(7 + 2 * width) : `epoch ${String(epoch + 1).padStart(width)}/${total}`;
}

function where(epoch: number, total: number): string {
  return epoch < 0 ? 'the state before training' : label(epoch, total);
}

function summary({ epoch, train: seen, val, lr, time }: EpochRecord, total: number): string {
  const parts = [label(epoch, total), figures(seen), ...(val === null ? [] : [figures(val, 'val_')])];
  return [...parts, `lr ${rate(lr)}`, `${time.toFixed(1)} s`].join('  ');
}
