import { RunningCallbacks } from '../callbacks/running.js';
import { withoutCallbacks } from '../callbacks/stateful.js';
import { objectiveNames } from '../components/objective-list.js';
import { advanceScheduler } from '../components/schedule.js';
import { isSampleStream } from '../data/batches.js';
import type { EngineState, StepSpec } from '../ports/engine.js';
import { refuseUnregistered } from '../callbacks/unregistered.js';
import type { Held } from '../state/held.js';
import type { TrainingState } from '../state/training-state.js';
import { cannotSeek, CheckpointFiles } from './checkpoint-files.js';
import type { OpContext } from './context.js';
import type { Course, CourseProgress, Moment, PartialEpoch, Point } from './course.js';
import { type Position, stateNotFinite, type StepListener, trainEpoch } from './epoch.js';
import { epochLabel, epochLines, linesSoFar } from './progress/epoch-lines.js';
import { checkEpochMonitor, monitorsOf, scoreModes } from './monitors.js';
import type { TrainSettings } from './options.js';
import { outcomeOf, watchOver } from './outcome.js';
import type { LoggerRun } from '../loggers/logger.js';
import type { Figures } from '../loggers/points.js';
import { Telling } from '../loggers/telling.js';
import type { Progress } from './progress/progress.js';
import type { EpochRecord, Scores, TrainResult } from './result.js';
import { baseRates, groupNames, ratesAt } from './steps/rates.js';
import { noSamples, samplesOf } from './samples.js';
import type { Stepper } from './steps/stepper.js';
import { stepperFor } from './steps/stepper-for.js';
import { loggedByStep } from './steps/training-step.js';
import type { Watch } from './watch.js';
import { Standing } from './standing.js';
import type { Trained, TrainingData } from './training-data.js';
import { scoresOf, type Validation, validate } from './validate.js';

/** One train call under way. */
export class TrainRun {
  readonly #context: OpContext;
  readonly #state: TrainingState;
  readonly #data: TrainingData;
  readonly #settings: TrainSettings;
  readonly #spec: StepSpec;
  readonly #standing: Standing;
  readonly #validation: Validation;
  readonly #progress: Progress;
  readonly #course: Course;
  readonly #position: Position;
  readonly #history: EpochRecord[];
  readonly #callbacks: RunningCallbacks;
  /** Steps over the life of the state, where the call began. */
  readonly #begunAt: number;
  /** The same where the whole call began; undefined where an older version did. */
  readonly #begun: number | undefined;
  readonly #telling: Telling;
  readonly #files: CheckpointFiles;
  #initial: Scores | null = null;
  #watch: Watch | null = null;
  /** What a point would hold beside the engine's state; null while the two don't belong together. */
  #stands: (() => PartialEpoch | null) | null = null;
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
    this.#begunAt = state.loop.step;
    this.#begun = course.from === null ? state.loop.step : course.from.progress.begun;
    this.#telling = new Telling(
      settings.loggers,
      context.run ?? unrecordedRun,
      () => context.host.elapsed(),
      goneOnSaid,
    );
    this.#files = new CheckpointFiles(context);
    this.#progress = progress;
    this.#course = course;
    const { epochScheduler, stepScheduler, seed } = state;
    this.#position = {
      seed,
      baseRates: baseRates(spec.optimizer, context.net.description),
      ...state.loop,
      epochScheduler,
      stepScheduler,
    };
    this.#history = [...(course.from?.progress.history ?? [])];
    this.#callbacks = new RunningCallbacks(
      settings.callbacks,
      {
        net: context.net,
        signal: context.signal,
        line: (text) => this.#say(text),
        frozen: spec.frozen,
        groups: groupNames(spec.optimizer, context.net.description),
      },
      scoreModes(settings.metrics, data.validation !== null, objectiveNames(spec.loss)),
      course.from?.progress.callbacks ?? null,
    );
    const { metrics, batchSize } = settings;
    const { net } = context;
    const callbacks = this.#callbacks;
    const at = { state, position: this.#position, callbacks };
    this.#standing = new Standing(net, { held: before.held, net: before.engine.net }, at, course.from?.best ?? null);
    const plan = { loss: spec.loss, metrics, batchSize, seed };
    this.#validation = { context, callbacks, data: data.validation, plan, progress };
  }

  async train(): Promise<Trained> {
    const { net } = this.#context;
    const { from } = this.#course;
    const { epochs: total } = this.#settings;
    const stepper = await stepperFor('train()', net, this.#spec, { ...this.#settings, log: this.#log });
    await this.#begin();
    this.#initial =
      from === null
        ? await validate(this.#validation, -1, this.#position.baseRates[0] as number)
        : from.progress.initial;
    if (from === null) this.#callbacks.logged.endEpoch(this.#callbacks.at);
    await this.#telling.begin(this.#figures());
    const [initial, history] = [this.#initial, this.#history];
    const said = from?.progress.callbacks?.lines ?? [];
    for (const text of linesSoFar({ initial, history }, total, said)) this.#say(text);
    this.#watch = watchOver({ initial, history }, this.#settings);
    let stopped: TrainResult['stopped'] = 'epochs';
    let steps = 0;
    for (let epoch = history.length; epoch < total; epoch++) {
      const partial = epoch === from?.progress.history.length ? from.progress.partial : null;
      // What was stopped within an epoch still has the end of that.
      if (this.#callbacks.stop !== null && partial === null) break;
      if (this.#watch?.exhausted(epoch - 1) === true) {
        stopped = 'patience';
        break;
      }
      steps = await this.#epoch(epoch, stepper, partial);
    }

    const { stop } = this.#callbacks;
    if (stop !== null && (stop.within || history.length < total)) stopped = stop.by;
    const end = this.point();
    if (end !== null) this.#course.ends(end);
    // Where anything throws from here on, training is gone on with from its end: what comes now, comes again.
    this.#stands = null;
    await this.#callbacks.call('onFitEnd');
    this.#callbacks.logged.endEpoch(this.#callbacks.at);
    await this.#telling.more(this.#figures());
    const outcome = outcomeOf({ initial, history, ...this.#told() }, this.#settings, stopped);
    for (const text of outcome.lines) this.#say(text);
    const chosen = outcome.goBack ? await this.#standing.best.held.engine() : this.#standing.averaged();
    const parameter = this.#standing.firstNotFinite(chosen.net);
    if (parameter !== undefined) {
      const last = outcome.goBack ? outcome.result.best?.epoch : -1;
      throw stateNotFinite(parameter, history.at(last ?? -1) as EpochRecord, steps - 1);
    }
    net.restore(chosen);
    return { result: outcome.result, state: this.#standing.training(this.#callbacks.states('carried')) };
  }

  /** The call has ended: what is still needed of its states is held by its course. */
  letGo(): void {
    this.#passed(null);
    this.#standing.letGo();
  }

  /** Training has thrown: it can be gone on with from here, else from the end of the last epoch. */
  async stopped(error: unknown): Promise<void> {
    let point: Point | null = null;
    try {
      // Before callbacks are told: what they do then is no part of training.
      point = this.point();
      await this.#callbacks.thrown(error);
      await this.#files.writeExceptions(point ?? this.#lastPoint, this.#callbacks);
    } catch (also) {
      // What has thrown first is the thing to tell.
      this.#say(also instanceof Error ? also.message : String(also));
    }
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
    const standing = this.#standing;
    const held = standing.capture();
    const isBest =
      !this.#settings.loadBest ||
      (partial === null && watch?.best?.epoch === history.length - 1 && this.#callbacks.averages() === null);
    const best = isBest || watch === null || watch.best === null ? null : standing.best;
    best?.held.share();
    return {
      progress: { initial, history, partial, ...this.#told() },
      held,
      training: standing.training(this.#callbacks.states('all')),
      averages: this.#callbacks.averages(),
      best,
      sound: async () => standing.firstNotFinite((await held.engine()).net) === undefined,
      release: () => {
        held.drop(standing.inUse);
        best?.held.drop(standing.inUse);
      },
    };
  }

  /** One epoch. Returns how many steps it has. */
  async #epoch(epoch: number, stepper: Stepper, from: PartialEpoch | null): Promise<number> {
    const { host } = this.#context;
    const { epochs: total } = this.#settings;
    const position = this.#position;
    const begun = host.elapsed() - (from?.time ?? 0) * 1000;
    const time = (): number => (host.elapsed() - begun) / 1000;
    const before = this.#history.reduce((sum, each) => sum + each.time, 0);
    this.#callbacks.trained = () => before + time();
    const samples = samplesOf(this.#data.train);
    this.#progress.begin(epochLabel(epoch, total), samples, { epoch, done: from?.samples ?? 0 });
    const listener: StepListener = {
      moves: () => {
        this.#stands = null;
      },
      begins: (batch, rates) => this.#callbacks.begins(batch, rates),
      ends: (loss) => {
        const waits = this.#callbacks.ends(loss, position.step);
        this.#limit();
        return waits;
      },
      stops: () => this.#callbacks.stop?.within === true,
      stands: (tally, lr) => {
        this.#course.stepped();
        if (!this.#seeks) {
          if (this.#callbacks.asked) throw cannotSeek();
          return undefined;
        }
        this.#stands = () => ({ ...tally.partial(), lr, time: time() });
        return this.#offer({ epochs: epoch, steps: tally.steps, step: position.step - this.#begunAt, scores: null });
      },
    };
    // What callbacks do at the beginning of an epoch is a part of it.
    this.#stands = null;
    await this.#callbacks.beginEpoch(epoch, from?.steps ?? 0);
    const plan = { ...this.#settings, number: epoch, from };
    const { tally, lr } = await trainEpoch(
      this.#context,
      stepper,
      this.#data.train,
      plan,
      position,
      this.#progress,
      listener,
    );
    if (tally.samples === 0) throw noSamples('train()', 'the training data');
    const scores = scoresOf(tally);
    if (this.#settings.callbacks.length > 0) {
      // Where a hook throws from here on, training is gone on with from here.
      const point = this.point();
      if (point !== null) this.#passed(point);
      this.#stands = null;
    }
    const val = await validate(this.#validation, epoch, lr, scores);
    this.#stands = null;
    await this.#callbacks.call('onEpochEnd');
    this.#callbacks.checkMonitors();
    const monitors = { ...monitorsOf(scores, val), ...this.#callbacks.monitors() };
    const logged = this.#callbacks.logged.means();
    this.#callbacks.logged.endEpoch({ epoch, step: position.step });
    position.epoch++;
    if (position.epochScheduler !== null) {
      checkEpochMonitor(position.epochScheduler, monitors, logged);
      position.epochScheduler = advanceScheduler(position.epochScheduler, monitors);
    }
    this.#history.push({ epoch, train: scores, val, lr, time: time(), step: position.step });
    for (const text of epochLines(this.#history.at(-1) as EpochRecord, total)) this.#say(text);
    const better = this.#watch !== null && val !== null && this.#watch.see(epoch, val);
    if (better && this.#settings.loadBest) this.#standing.isBest();
    this.#stands = () => null;
    this.#passed(this.point());
    await this.#telling.more(this.#figures());
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

  /** Of a training step of one's own. */
  readonly #log = (key: string, value: number): void => {
    this.#callbacks.logged.log(loggedByStep, key, value, 'step', this.#callbacks.at);
  };

  #offer(moment: Moment): Promise<void> | undefined {
    if (this.#callbacks.asked || this.#course.due(moment)) return this.#take(moment);
    return this.#telling.due ? this.#telling.more(this.#figures(), this.#position.step) : undefined;
  }

  async #take(moment: Moment): Promise<void> {
    const point = this.point();
    if (point === null) return;
    const { requests, stop } = this.#callbacks;
    // The end is stored anyway; where an epoch is cut short for it, that comes after this.
    const ends =
      moment.steps === 0
        ? moment.epochs === this.#settings.epochs || stop !== null
        : stop?.within === true && requests.length === 0;
    let held = false;
    try {
      await this.#files.write(point, requests);
      held = !ends && (await this.#course.take(point, moment));
    } finally {
      if (!held) point.release();
    }
    if (held && moment.steps > 0 && !this.#callbacks.wantsExceptionFiles) this.#passed(null);
    await this.#files.removeOutdated(requests);
    this.#callbacks.carriedOut();
  }

  /** What callbacks asked for where an earlier process stopped: whether it was carried out, nobody knows. */
  async #takeAgain(): Promise<void> {
    const { requests } = this.#callbacks;
    if (requests.length === 0) return;
    const held = this.#standing.capture();
    try {
      const training = this.#standing.training(this.#callbacks.states('all'));
      await this.#files.write({ held, training, averages: this.#callbacks.averages() }, requests);
    } finally {
      held.drop(this.#standing.inUse);
    }
    await this.#files.removeOutdated(requests);
    this.#callbacks.carriedOut();
  }

  /** Gives the callbacks their states. */
  async #begin(): Promise<void> {
    const { from } = this.#course;
    const { at } = this.#callbacks;
    at.step = this.#position.step;
    const rates = ratesAt(this.#position.baseRates, this.#position);
    at.lr = rates.lr;
    at.rates = rates.rates ?? [rates.lr];
    const states = this.#state.statefuls ?? {};
    const { carried, strict } = this.#settings;
    if (strict) refuseUnregistered(withoutCallbacks(states), carried);
    this.#callbacks.load(from === null ? withoutCallbacks(states) : states);
    if (from === null) {
      await this.#callbacks.call('onFitStart');
      return;
    }
    const { history, partial } = from.progress;
    at.epoch = history.length - (partial === null ? 1 : 0);
    at.lr = partial?.lr ?? history.at(-1)?.lr ?? at.lr;
    const trained = history.reduce((sum, each) => sum + each.time, partial?.time ?? 0);
    this.#callbacks.trained = () => trained;
    await this.#takeAgain();
    await this.#callbacks.restored();
  }

  /** What the callbacks have come to, where there are some. */
  #told(): Pick<CourseProgress, 'callbacks' | 'begun'> {
    const { callbacks, maxSteps, step } = this.#settings;
    const none = callbacks.length === 0 && maxSteps === null && step === null && this.#callbacks.stop === null;
    const begun = this.#begun === undefined ? {} : { begun: this.#begun };
    return none ? begun : { ...begun, callbacks: this.#callbacks.progress() };
  }

  /** What loggers are told. */
  #figures(): Figures {
    const logged = this.#callbacks.logged.view();
    return { initial: this.#initial, history: this.#history, logged, begun: this.#begun ?? null };
  }

  #limit(): void {
    const { maxSteps, maxTime } = this.#settings;
    if (maxSteps !== null && this.#callbacks.steps >= maxSteps)
      this.#callbacks.stopFor('steps', `${maxSteps} ${maxSteps === 1 ? 'step' : 'steps'}, as maxSteps says`);
    if (maxTime !== null && this.#callbacks.trained() >= maxTime)
      this.#callbacks.stopFor('time', `${maxTime} s, as maxTime says`);
  }

  #say(text: string): void {
    this.#progress.above(() => this.#context.line(text));
  }
}

const unrecordedRun: LoggerRun = { model: '', checkpoint: '', train: 1, hparams: null };
const goneOnSaid =
  'The model is back at the state before this train(); what a recorded train had come to is stored, and the same call goes on from there.';
