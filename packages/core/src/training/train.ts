import { advanceScheduler } from '../components/schedule.js';
import type { Recipe } from '../components/recipe.js';
import { isSampleStream } from '../data/batches.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import type { EngineState, LoadedNet, StepSpec } from '../ports/engine.js';
import { Held } from '../state/held.js';
import type { TrainingState } from '../state/training-state.js';
import type { Tensors } from '../values/tensor.js';
import type { OpContext } from './context.js';
import { type Best, type Course, fromTheBeginning, type Moment, type PartialEpoch, type Point } from './course.js';
import { lossNotFinite, type Position, stateNotFinite, type StepListener, trainEpoch } from './epoch.js';
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
import type { Watch } from './watch.js';

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
 * Order within a step: rate, update, step scheduler; then a point that a later call can go on from. Within an epoch: its steps, validation, epoch
 * scheduler, best; then such a point again; then patience.
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
  // Held to the end: it is what the engine goes back to where anything throws.
  const before = new Held(context.net.capture());
  const done = (course.from?.progress.history.length ?? 0) / settings.epochs;
  const progress = new Progress(context.host, settings.progress, done);
  const initial = await before.engine();
  const run = new TrainRun(
    context,
    state,
    data,
    settings,
    { loss, optimizer, frozen, clip: settings.clip },
    { held: before, engine: initial },
    progress,
    course,
  );
  try {
    return await run.train();
  } catch (error) {
    run.stopped();
    context.net.restore(await before.engine());
    throw error;
  } finally {
    run.letGo();
    progress.clear();
  }
}

/** One train call under way. */
class TrainRun {
  readonly #context: OpContext;
  readonly #state: TrainingState;
  readonly #data: TrainingData;
  readonly #settings: TrainSettings;
  readonly #spec: StepSpec;
  readonly #before: Tensors;
  readonly #beforeHeld: Held;
  readonly #progress: Progress;
  readonly #course: Course;
  readonly #position: Position;
  readonly #history: EpochRecord[];
  /** Steps over the life of the state, where the call began. */
  readonly #begunAt: number;
  #initial: Scores | null = null;
  #best: Best;
  #watch: Watch | null = null;
  /** What a point would hold beside the engine's state; null while the two don't belong together. */
  #stands: (() => PartialEpoch | null) | null = null;
  #captured: { readonly step: number; readonly held: Held } | null = null;
  /** The end of the last epoch, while no later point was taken: what is gone back to where a step fails. */
  #lastPoint: Point | null = null;

  constructor(
    context: OpContext,
    state: TrainingState,
    data: TrainingData,
    settings: TrainSettings,
    spec: StepSpec,
    before: { readonly held: Held; readonly engine: EngineState },
    progress: Progress,
    course: Course,
  ) {
    this.#context = context;
    this.#state = state;
    this.#data = data;
    this.#settings = settings;
    this.#spec = spec;
    this.#before = before.engine.net;
    this.#beforeHeld = before.held;
    this.#begunAt = state.loop.step;
    this.#progress = progress;
    this.#course = course;
    const { epochScheduler, stepScheduler, seed } = state;
    this.#position = { seed, baseLr: baseLr(spec.optimizer), ...state.loop, epochScheduler, stepScheduler };
    this.#history = [...(course.from?.progress.history ?? [])];
    this.#best = course.from?.best ?? { state: null, held: before.held };
    this.#best.held.share();
  }

  async train(): Promise<Trained> {
    const { net } = this.#context;
    const { from } = this.#course;
    const { epochs: total } = this.#settings;
    const trainer = await net.trainer(this.#spec);
    this.#initial = from === null ? await this.#validate(-1, this.#position.baseLr) : from.progress.initial;
    const [initial, history] = [this.#initial, this.#history];
    for (const text of linesOf({ initial, history }, total)) this.#say(text);
    this.#watch = watchOver({ initial, history }, this.#settings);
    let stopped: TrainResult['stopped'] = 'epochs';
    let steps = 0;
    for (let epoch = history.length; epoch < total; epoch++) {
      if (this.#watch?.exhausted(epoch - 1) === true) {
        stopped = 'patience';
        break;
      }
      steps = await this.#epoch(epoch, trainer, epoch === from?.progress.history.length ? from.progress.partial : null);
    }

    const outcome = outcomeOf({ initial, history }, this.#settings, stopped);
    for (const text of outcome.lines) this.#say(text);
    const end = this.point();
    if (end !== null) this.#course.ends(end);
    const chosen = outcome.goBack ? await this.#best.held.engine() : net.capture();
    const parameter = firstNotFinite(chosen.net, this.#before);
    if (parameter !== undefined) {
      const last = outcome.goBack ? outcome.result.best?.epoch : -1;
      throw stateNotFinite(parameter, history.at(last ?? -1) as EpochRecord, steps - 1);
    }
    if (outcome.goBack) net.restore(chosen);
    return { result: outcome.result, state: this.#training() };
  }

  /** The call has ended: what is still needed of its states is held by its course. */
  letGo(): void {
    this.#passed(null);
    this.#best.held.drop(this.#inUse);
    this.#beforeHeld.drop(this.#inUse);
  }

  /** Training has thrown: it can be gone on with from here, else from the end of the last epoch. */
  stopped(): void {
    const point = this.point();
    if (point !== null && this.#course.ends(point)) return;
    if (this.#lastPoint === null) return;
    this.#course.ends(this.#lastPoint);
    this.#lastPoint = null;
  }

  /** Where the call could be gone on with now; null where it has not moved, or is in the middle of a step. */
  point(): Point | null {
    if (this.#stands === null) return null;
    const [initial, history, watch] = [this.#initial, [...this.#history], this.#watch];
    const partial = this.#stands();
    const held = this.#capture();
    const isBest = !this.#settings.loadBest || (partial === null && watch?.best?.epoch === history.length - 1);
    const before = this.#before;
    const best = isBest || watch === null || watch.best === null ? null : this.#best;
    best?.held.share();
    return {
      progress: { initial, history, partial },
      held,
      training: this.#training(),
      best,
      sound: async () => firstNotFinite((await held.engine()).net, before) === undefined,
      release: () => {
        held.drop(this.#inUse);
        best?.held.drop(this.#inUse);
      },
    };
  }

  /** One epoch. Returns how many steps it has. */
  async #epoch(epoch: number, trainer: Trainer, from: PartialEpoch | null): Promise<number> {
    const { host } = this.#context;
    const { epochs: total } = this.#settings;
    const position = this.#position;
    const begun = host.elapsed() - (from?.time ?? 0) * 1000;
    const time = (): number => (host.elapsed() - begun) / 1000;
    const samples = samplesOf(this.#data.train);
    this.#progress.begin(epochLabel(epoch, total), samples, { before: epoch / total, part: 1 / total });
    const listener: StepListener = {
      moves: () => {
        this.#stands = null;
      },
      stands: (tally, lr) => {
        this.#course.stepped();
        if (!this.#seeks) return undefined;
        this.#stands = () => ({ ...tally.partial(), lr, time: time() });
        return this.#offer({ epochs: epoch, steps: tally.steps, step: position.step - this.#begunAt, scores: null });
      },
    };
    const plan = { ...this.#settings, number: epoch, from };
    const { tally, lr } = await trainEpoch(
      this.#context,
      trainer,
      this.#data.train,
      plan,
      position,
      this.#progress,
      listener,
    );
    if (tally.samples === 0) throw noSamples('train()', 'the training data');
    const scores = scoresOf(tally);
    const val = await this.#validate(epoch, lr);
    const monitors = monitorsOf(scores, val);
    this.#stands = null;
    position.epoch++;
    if (position.epochScheduler !== null) {
      position.epochScheduler = advanceScheduler(position.epochScheduler, monitors);
    }
    this.#history.push({ epoch, train: scores, val, lr, time: time() });
    this.#say(epochLine(this.#history.at(-1) as EpochRecord, total));
    const better = this.#watch !== null && val !== null && this.#watch.see(epoch, val);
    if (better && this.#settings.loadBest) this.#isBest();
    this.#stands = () => null;
    this.#passed(this.point());
    await this.#offer({ epochs: epoch + 1, steps: 0, step: position.step - this.#begunAt, scores: monitors });
    return tally.steps;
  }

  /** Whether the training data can be gone on with within an epoch. */
  get #seeks(): boolean {
    const samples = this.#data.train;
    return !isSampleStream(samples) || samples.seeks === true;
  }

  #passed(point: Point | null): void {
    this.#lastPoint?.release();
    this.#lastPoint = point;
  }

  readonly #inUse = (): ReadonlySet<ArrayBufferLike> => this.#context.net.inUse?.() ?? new Set();

  #isBest(): void {
    this.#best.held.drop(this.#inUse);
    this.#best = { state: this.#training(), held: this.#capture() };
  }

  #offer(moment: Moment): Promise<void> | undefined {
    return this.#course.due(moment) ? this.#take(moment) : undefined;
  }

  async #take(moment: Moment): Promise<void> {
    const point = this.point();
    if (point === null) return;
    if (!(await this.#course.take(point, moment))) point.release();
    else if (moment.steps > 0) this.#passed(null);
  }

  /** The engine's state, captured once between two steps, however many hold it. */
  #capture(): Held {
    const { net } = this.#context;
    const { step } = this.#position;
    if (this.#captured?.step === step && this.#captured.held.isHeld) {
      this.#captured.held.share();
      return this.#captured.held;
    }
    const held = new Held(net.capture(), net.recycle && ((memory) => net.recycle?.(memory)));
    this.#captured = { step, held };
    return held;
  }

  #training(): TrainingState {
    const { epoch, step, epochScheduler, stepScheduler } = this.#position;
    return { ...this.#state, epochScheduler, stepScheduler, loop: { epoch, step } };
  }

  async #validate(epoch: number, lr: number): Promise<Scores | null> {
    const { validation } = this.#data;
    if (validation === null) return null;
    const { metrics, batchSize } = this.#settings;
    const { seed } = this.#position;
    this.#progress.begin('validation', null);
    const plan = { loss: this.#spec.loss, metrics, batchSize, seed };
    const tally = await pass(this.#context, validation, plan, this.#progress);
    if (tally.samples === 0) throw noSamples('train()', 'the validation data');
    if (!Number.isFinite(tally.loss)) throw lossNotFinite(tally.loss, epoch, null, lr);
    return scoresOf(tally);
  }

  #say(text: string): void {
    this.#progress.clear();
    this.#context.line(text);
  }
}

type Trainer = Awaited<ReturnType<LoadedNet['trainer']>>;

function baseLr({ args }: Recipe): number {
  return args['lr'] as number;
}

function scoresOf(tally: Tally): Scores {
  return { loss: tally.loss, ...tally.metrics() };
}
