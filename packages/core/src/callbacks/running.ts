import { decodeVerified, encode } from '../codec/index.js';
import type { Monitors } from '../components/schedule.js';
import type { LoadedNet, Rates } from '../ports/engine.js';
import type { Batch } from '../ports/data-source.js';
import type { Plain } from '../values/plain.js';
import type { Tensors } from '../values/tensor.js';
import { type Callback, decides, isStateful, type SavedCheckpoints, type SavedFile } from './callback.js';
import type { CallbackContext, SaveRequest, TrainPosition } from './context.js';
import { type Conduct, contextOf, isAside, isOfSteps } from './contexts.js';
import { modeOf } from './early-stopping.js';
import { failureOf } from './failure.js';
import type { HookName } from './hooks.js';
import { Logged } from './logged.js';
import { monitored } from './monitored.js';
import type { CallbackProgress, SaidLine, Stop, Whereabouts } from './progress.js';
import { isThenable, orAborted } from './waiting.js';
import {
  averagesKey,
  callbackPrefix,
  captured,
  initialState,
  loadInto,
  type StateDict,
  type StateDicts,
} from './stateful.js';

/** The callbacks of one train, under way. They are called in the order in which they were given. */
export class RunningCallbacks {
  readonly at: Whereabouts = {
    epoch: -1,
    step: 0,
    lr: Number.NaN,
    rates: [],
    loss: Number.NaN,
    batch: null,
    scores: {},
  };
  readonly logged: Logged;
  /** Seconds of training of this call, those of an interrupted process included. The loop has the clock. */
  trained: () => number = () => 0;
  readonly #callbacks: readonly Callback[];
  readonly #signal: AbortSignal;
  readonly #line: (text: string) => void;
  readonly #contexts: ReadonlyMap<Callback, CallbackContext>;
  readonly #with = new Map<HookName, readonly Callback[]>();
  readonly #extras: CallbackProgress['extras'];
  readonly #keeps: Map<string, readonly TrainPosition[]>;
  readonly #others: ReadonlySet<string>;
  readonly #observing: ReadonlySet<string>;
  readonly #lines: SaidLine[];
  readonly #gone: readonly TrainPosition[];
  #requests: { readonly by: string; readonly request: SaveRequest }[] = [];
  #moves = 0;
  /** Steps of the epoch under way. */
  #inEpoch = 0;
  #hook: HookName = 'onFitStart';
  /** The callback whose hook is being called. */
  #active: Callback | null = null;
  #steps: number;
  #stop: Stop | null;

  /**
   * @param modes the call's own scores, as monitors have them, and which way each is better
   * @param from what an earlier process had come to
   */
  constructor(
    callbacks: readonly Callback[],
    run: {
      readonly net: LoadedNet;
      readonly signal: AbortSignal;
      readonly line: (text: string) => void;
      readonly frozen: readonly string[];
      readonly groups: readonly string[];
    },
    modes: ReadonlyMap<string, 'min' | 'max'>,
    from: CallbackProgress | null,
  ) {
    this.#callbacks = callbacks;
    this.#signal = run.signal;
    const learn = run.net.description.parameters.filter(({ kind }) => kind === 'parameter').map(({ name }) => name);
    this.#line = run.line;
    this.logged = new Logged(modes.keys(), from?.logged ?? null);
    this.#others = new Set(from?.others);
    this.#observing = new Set(callbacks.filter((each) => !decides(each)).map(({ name }) => name));
    this.#lines = [...(from?.lines ?? [])];
    this.#stop = from?.stop ?? null;
    this.#steps = from?.steps ?? 0;
    this.#extras = from?.extras ?? {};
    const called = new Set(callbacks.map(({ name }) => name));
    this.#gone = from?.gone ?? [];
    const there = Object.entries(from?.keeps ?? {}).map(([name, all]) => [name, all.filter(this.#isThere)] as const);
    this.#keeps = new Map(there.filter(([name]) => called.has(name)));
    this.#requests = Object.entries(from?.requests ?? {})
      .filter(([name]) => called.has(name))
      .flatMap(([by, requests]) => requests.map((request) => ({ by, request })));
    this.at.scores = from?.scores ?? {};
    this.at.loss = from?.loss ?? Number.NaN;
    const { net, signal } = run;
    const conduct: Conduct = {
      net,
      signal,
      at: this.at,
      logged: this.logged,
      trainable: new Set(learn.filter((name) => !run.frozen.includes(name))),
      groups: run.groups,
      hook: () => this.#hook,
      inEpoch: () => this.#inEpoch,
      trained: () => this.trained(),
      better: (monitor) => modes.get(monitor) ?? modeOf(monitor),
      isObserved: (key) => this.#observing.has(this.logged.loggerOf(key) ?? ''),
      stop: (why) => this.stopFor('callback', why),
      save: ({ name }, request) => {
        this.#keeps.set(
          name,
          request.keeps.map(({ epochs, steps }) => ({ epochs, steps })),
        );
        this.#requests.push({ by: name, request });
      },
      isActive: (callback) => this.#active === callback,
      line: ({ name, presents }, text) => {
        this.#line(text);
        if (presents !== true && !isAside(this.#hook)) this.#lines.push({ by: name, epoch: this.at.epoch, text });
      },
      moved: () => {
        this.#moves++;
      },
    };
    this.#contexts = new Map(callbacks.map((each) => [each, contextOf(each, conduct)]));
  }

  /** Null: training goes on. */
  get stop(): Stop | null {
    return this.#stop;
  }

  /** Ends training. The first reason is the one that counts. */
  stopFor(by: Stop['by'], why: string): void {
    this.#stop ??= { by, why, within: isOfSteps(this.#hook) };
  }

  /** What schedulers may look at of what was logged in this epoch. */
  monitors(): Monitors {
    return this.logged.means((by) => !this.#observing.has(by));
  }

  /**
   * An epoch has ended: what callbacks say that they look at has to be there.
   * @throws OptionError `INVALID_OPTION`
   */
  checkMonitors(): void {
    for (const each of this.#callbacks) {
      const ctx = this.#contexts.get(each) as CallbackContext;
      for (const monitor of each.monitors ?? []) monitored(`callback '${each.name}'`, ctx, monitor);
    }
  }

  /** Changes whenever a callback has given the net other parameters. */
  get moves(): number {
    return this.#moves;
  }

  /** A step is about to be taken, or was taken: what comes is within the epoch. */
  begins(batch: Batch, { lr, rates = [lr] }: Rates): Promise<void> | undefined {
    this.#hook = 'onStepStart';
    this.at.batch = batch;
    this.at.lr = lr;
    this.at.rates = rates;
    let waits: Promise<void> | undefined;
    try {
      waits = this.call('onStepStart');
    } finally {
      if (waits === undefined) this.at.batch = null;
    }
    return waits?.finally(() => {
      this.at.batch = null;
    });
  }

  ends(loss: number, step: number): Promise<void> | undefined {
    this.#hook = 'onStepEnd';
    this.at.loss = loss;
    this.at.step = step;
    this.#steps++;
    this.#inEpoch++;
    return this.call('onStepEnd');
  }

  /** An epoch begins, or is gone on with after so many steps. */
  beginEpoch(epoch: number, steps: number): Promise<void> | undefined {
    this.at.epoch = epoch;
    this.#inEpoch = steps;
    return steps === 0 ? this.call('onEpochStart') : undefined;
  }

  /** Whether a callback has asked for a checkpoint. */
  get asked(): boolean {
    return this.#requests.length > 0;
  }

  /** What callbacks have asked for and is not carried out yet. What one of them has a file of, no other one removes. */
  get requests(): readonly SaveRequest[] {
    const saved = this.#callbacks.flatMap((each) => each.saved?.() ?? []);
    const files = new Set(
      saved.flatMap(({ kept, last }) => [...kept, ...(last === null ? [] : [last])].map(({ path }) => path)),
    );
    return this.#requests.map(({ request }) => ({
      ...request,
      outdated: request.outdated.filter((path) => !files.has(path)),
    }));
  }

  /** All that was asked for is done. */
  carriedOut(): void {
    this.#requests = [];
  }

  /** Files for where training stands when it throws. */
  exceptionFiles(at: { readonly epoch: number; readonly step: number }): readonly SavedFile[] {
    return this.#callbacks.flatMap((each) => each.exceptionFile?.(at) ?? []);
  }

  /** Whether there will be such files. */
  get wantsExceptionFiles(): boolean {
    return this.exceptionFiles({ epoch: 0, step: 0 }).length > 0;
  }

  /** Updates of this call. */
  get steps(): number {
    return this.#steps;
  }

  /** Gives each its state: that which is stored, or the one it began with. */
  load(states: StateDicts): void {
    for (const each of this.#callbacks) {
      if (!isStateful(each)) continue;
      const fresh = this.#guarded(each, 'stateDict', () => initialState(each.name, each));
      const stored = this.#others.has(each.name) ? undefined : own(states, keyOf(each));
      this.#guarded(each, 'loadStateDict', () => loadInto(each.name, each, stored ?? fresh));
      if (this.#gone.length > 0) each.lost?.(this.#isThere);
    }
    this.#requests = this.#requests.map(({ by, request }) => ({ by, request: this.#asCalled(by, request) }));
  }

  /** What an earlier process was asked for, with the files that this call has of where training stands. */
  #asCalled(by: string, request: SaveRequest): SaveRequest {
    const saved = this.#callbacks.find(({ name }) => name === by)?.saved?.();
    if (saved === undefined) return request;
    const all = saved.last === null ? saved.kept : [...saved.kept, saved.last];
    const files = all.filter(({ step }) => step === this.at.step).flatMap(({ path }) => path ?? []);
    return { ...request, files, weightsOnly: saved.weightsOnly };
  }

  readonly #isThere = ({ epochs, steps }: TrainPosition): boolean =>
    !this.#gone.some((each) => each.epochs === epochs && each.steps === steps);

  /** Their states as they are now, which never change. @param which those that stay when the train has ended, or all */
  states(which: 'carried' | 'all'): StateDicts {
    const stateful = this.#callbacks.filter((each) => which === 'all' || each.carried === true).filter(isStateful);
    const averages = which === 'all' ? this.averages() : null;
    return Object.fromEntries([
      ...stateful.map((each): [string, StateDict] => [
        keyOf(each),
        this.#guarded(each, 'stateDict', () => captured(each.name, each)),
      ]),
      ...(averages === null ? [] : [[averagesKey, Object.fromEntries(averages)] as const]),
    ]);
  }

  /** What there is to store beside their states. */
  progress(): CallbackProgress {
    const extras: { [name: string]: Plain } = {};
    for (const each of this.#having('onSaveCheckpoint')) {
      this.#hook = 'onSaveCheckpoint';
      const ctx = this.#contexts.get(each) as CallbackContext;
      this.#active = each;
      let extra: Plain;
      try {
        extra = this.#guarded(each, 'onSaveCheckpoint', () => each.onSaveCheckpoint?.(ctx) as Plain);
      } finally {
        this.#active = null;
      }
      // A copy: it is stored later, and what the callback has goes on changing.
      extras[each.name] = decodeVerified(encode(extra, `what onSaveCheckpoint of callback '${each.name}' returned`));
    }
    const keeping = this.#callbacks.filter((each) => each.saved !== undefined);
    return {
      logged: this.logged.soFar(),
      steps: this.#steps,
      stop: this.#stop,
      loss: this.at.loss,
      lines: [...this.#lines],
      extras,
      scores: this.at.scores,
      keeps: Object.fromEntries(this.#keeps),
      saved: Object.fromEntries(keeping.map((each) => [each.name, each.saved?.() as SavedCheckpoints])),
      ...(this.#requests.length > 0 && { requests: this.#asked() }),
    };
  }

  /** All state is restored: tells those that want to know. */
  async restored(): Promise<void> {
    for (const each of this.#having('onLoadCheckpoint')) {
      await this.#run(each, 'onLoadCheckpoint', (ctx) => each.onLoadCheckpoint?.(ctx, own(this.#extras, each.name)));
    }
    await this.call('onRestore');
  }

  /** Calls a hook of all that have it. Undefined where nothing has to be waited for. */
  call(hook: Exclude<HookName, 'onSaveCheckpoint' | 'onLoadCheckpoint' | 'onException'>): Promise<void> | undefined {
    const having = this.#having(hook);
    for (let i = 0; i < having.length; i++) {
      const each = having[i] as Callback;
      const waits = this.#run(each, hook, (ctx) => each[hook]?.(ctx));
      if (waits !== undefined) return this.#rest(waits, having.slice(i + 1), hook);
    }
    return undefined;
  }

  /** Training has thrown. What a callback throws now is said. */
  async thrown(error: unknown): Promise<void> {
    for (const each of this.#having('onException')) {
      try {
        await this.#run(each, 'onException', (ctx) => each.onException?.(ctx, error));
      } catch (also) {
        this.#line(also instanceof Error ? also.message : String(also));
      }
    }
  }

  /** What to validate with, and to end with, in place of the parameters that are trained; null: those themselves. */
  averages(): Tensors | null {
    for (const each of this.#callbacks) {
      const averages = each.averages?.() ?? null;
      if (averages !== null) return averages;
    }
    return null;
  }

  #having(hook: HookName): readonly Callback[] {
    let known = this.#with.get(hook);
    if (known === undefined) {
      known = this.#callbacks.filter((each) => each[hook] !== undefined);
      this.#with.set(hook, known);
    }
    return known;
  }

  async #rest(
    first: Promise<void>,
    others: readonly Callback[],
    hook: Exclude<HookName, 'onSaveCheckpoint' | 'onLoadCheckpoint' | 'onException'>,
  ): Promise<void> {
    await first;
    for (const each of others) await this.#run(each, hook, (ctx) => each[hook]?.(ctx));
  }

  /** One hook of one callback. Undefined where nothing has to be waited for. */
  #run(
    each: Callback,
    hook: HookName,
    body: (ctx: CallbackContext) => void | Promise<void>,
  ): Promise<void> | undefined {
    this.#hook = hook;
    this.#active = each;
    let waits: unknown;
    try {
      waits = this.#guarded(each, hook, () => body(this.#contexts.get(each) as CallbackContext));
    } finally {
      if (!isThenable(waits)) this.#active = null;
    }
    if (!isThenable(waits)) return undefined;
    return orAborted(waits, this.#signal)
      .catch((error: unknown) => {
        throw failureOf(each.name, hook, error, this.#signal);
      })
      .finally(() => {
        this.#active = null;
      });
  }

  #asked(): NonNullable<CallbackProgress['requests']> {
    const names = new Set(this.#requests.map(({ by }) => by));
    const of = (name: string): readonly SaveRequest[] =>
      this.#requests.filter(({ by }) => by === name).map(({ request }) => request);
    return Object.fromEntries([...names].map((name) => [name, of(name)]));
  }

  #guarded<T>(each: Callback, what: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw failureOf(each.name, what, error, this.#signal);
    }
  }
}

/** A value by a name that somebody chose: `constructor` is no name of an object's own. */
function own<T>(values: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** What its state is kept under. */
function keyOf({ name, carried }: Callback): string {
  return carried === true ? name : `${callbackPrefix}${name}`;
}
