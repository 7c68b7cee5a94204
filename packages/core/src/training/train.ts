import { advanceScheduler } from '../components/schedule.js';
import type { Recipe } from '../components/recipe.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import type { EngineState, StepSpec } from '../ports/engine.js';
import type { TrainingState } from '../state/training-state.js';
import type { OpContext } from './context.js';
import { type Best, type Course, fromTheBeginning } from './course.js';
import { lossNotFinite, type Position, stateNotFinite, trainEpoch } from './epoch.js';
import { epochLabel, epochLine, linesOf } from './epoch-lines.js';
import { pass } from './evaluate.js';
import { firstNotFinite } from './finite.js';
import { frozenNames } from './freeze.js';
import { checkMonitors, monitorsOf } from './monitors.js';
import type { TrainSettings } from './options.js';
import { outcomeOf, watchOver } from './outcome.js';
import { Progress } from './progress.js';
import type { EpochRecord, Scores, TrainResult } from './result.js';
import { noSamples, samplesOf } from './samples.js';
import type { Tally } from './tally.js';
import { trainable } from './trainable.js';

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
 * Order within a step: rate, update, step scheduler. Within an epoch: its steps, validation, epoch scheduler, best; then the point that a
 * later call can go on from; then patience.
 * At the end each parameter is looked at once: the last update is one that no loss follows.
 * @param course where the call is gone on with, and who is told where it could be
 * @throws TrainingError `LOSS_NOT_FINITE`; RepriseError `NO_LOSS`, `NO_OPTIMIZER`; OptionError; DataError; the signal's reason
 */
export async function train(
  context: OpContext,
  state: TrainingState,
  data: TrainingData,
  settings: TrainSettings,
  course: Course = fromTheBeginning,
): Promise<Trained> {
  const { loss, optimizer } = trainable('train()', state);
  checkMonitors(state, settings, data.validation !== null);
  const frozen = frozenNames(settings.freeze, context.net.description);
  const before = context.net.capture();
  const done = (course.from?.progress.history.length ?? 0) / settings.epochs;
  const progress = new Progress(context.host, settings.progress, done);
  try {
    return await epochs(context, state, data, settings, { loss, optimizer, frozen }, before, progress, course);
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
  course: Course,
): Promise<Trained> {
  const { net, host } = context;
  const { from } = course;
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
  const stateNow = (): TrainingState => {
    const { epoch, step } = position;
    return {
      ...state,
      epochScheduler: position.epochScheduler,
      stepScheduler: position.stepScheduler,
      loop: { epoch, step },
    };
  };

  const trainer = await net.trainer(spec);
  const initial = from === null ? await validate(-1, position.baseLr) : from.progress.initial;
  const history: EpochRecord[] = [...(from?.progress.history ?? [])];
  for (const text of linesOf({ initial, history }, total)) say(text);
  const watch = watchOver({ initial, history }, settings);
  let best: Best = from?.best ?? { state: null, engine: async () => before };
  let stopped: TrainResult['stopped'] = 'epochs';
  let steps = 0;

  for (let epoch = history.length; epoch < total; epoch++) {
    if (watch?.exhausted(epoch - 1) === true) {
      stopped = 'patience';
      break;
    }
    const begun = host.elapsed();
    progress.begin(epochLabel(epoch, total), samplesOf(data.train), { before: epoch / total, part: 1 / total });
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
    say(epochLine(history.at(-1) as EpochRecord, total));
    const engine = net.capture();
    const training = stateNow();
    const better = watch !== null && val !== null && watch.see(epoch, val);
    if (better && settings.loadBest) best = { state: training, engine: async () => engine };
    const isBest = !settings.loadBest || better;
    await course.reached({
      progress: { initial, history: [...history] },
      engine,
      training,
      best: isBest || watch?.best === null ? null : best,
      sound: () => firstNotFinite(engine.net, before.net) === undefined,
    });
  }

  const outcome = outcomeOf({ initial, history }, settings, stopped);
  for (const text of outcome.lines) say(text);
  const chosen = outcome.goBack ? await best.engine() : net.capture();
  const parameter = firstNotFinite(chosen.net, before.net);
  if (parameter !== undefined) {
    const last = outcome.goBack ? outcome.result.best?.epoch : -1;
    throw stateNotFinite(parameter, history.at(last ?? -1) as EpochRecord, steps - 1);
  }
  if (outcome.goBack) net.restore(chosen);
  return { result: outcome.result, state: stateNow() };
}

function baseLr({ args }: Recipe): number {
  return args['lr'] as number;
}

function scoresOf(tally: Tally): Scores {
  return { loss: tally.loss, ...tally.metrics() };
}
