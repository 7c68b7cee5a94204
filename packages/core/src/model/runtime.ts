import { RepriseError } from '../errors/base.js';
import { refuse } from '../options/index.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import type { LoadedNet, NetDescription } from '../ports/engine.js';
import type { Logger, LoggerRun } from '../loggers/logger.js';
import type { Host } from '../ports/host.js';
import type { Lane as LaneName, Place, StateRow } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import type { TensorFiles } from '../ports/tensor-files.js';
import type { Answered, Call } from '../replay/call.js';
import { type Head, headAt, logChain, replaces, underId } from '../replay/chain.js';
import { type Command, DivergenceError } from '../replay/divergence.js';
import { type DivergencePolicy } from '../replay/policy.js';
import type { Extending } from '../replay/extend.js';
import { type Fields, seriesOf } from '../replay/fields.js';
import { duration, titleOf } from '../replay/place.js';
import { forkId } from '../replay/fork-id.js';
import { answer } from '../replay/replay.js';
import type { CapturedState } from '../state/capture.js';
import type { FunctionRegistry } from '../state/stored-recipe.js';
import type { OpContext } from '../training/context.js';
import type { TrainingState } from '../state/training-state.js';
import type { Digest, Fingerprint } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { Data } from './call-options.js';
import { DataDigests } from './data-digests.js';
import type { ModelEvent } from './events.js';
import type { Execution, Workshop } from './execute.js';
import type { Lane } from './lane.js';
import { LazyAbort } from './lazy-abort.js';
import type { LiveNet } from './live-net.js';
import type { Request, TrainRequest } from './request.js';
import { lackSaid } from './observed.js';
import { Interrupts } from './interrupts.js';
import { Recovery } from './recovery.js';
import { States } from './states.js';
import { RunReport } from './run-report.js';
import { howSaid } from './said.js';
import { type BusyPolicy, Tenure } from './tenure.js';

/** What the calls of an opened model share. */
export class Runtime implements Workshop {
  readonly model: string;
  readonly store: Store;
  readonly host: Host;
  readonly live: LiveNet;
  readonly description: NetDescription;
  readonly functions: FunctionRegistry;
  readonly tensorFiles: TensorFiles;
  readonly report: RunReport;
  readonly onDivergence: DivergencePolicy;
  readonly #override: DivergencePolicy | null;
  readonly recovery: Recovery;
  readonly states: States;
  readonly onBusy: BusyPolicy;
  readonly hparams: Plain;
  /** Of every train. */
  readonly loggers: readonly Logger[];
  readonly #interrupts: Interrupts;
  readonly #command: Command;
  readonly #onEvent: ((event: ModelEvent) => void) | undefined;
  readonly #data: DataDigests;
  #running: { readonly title: string; readonly done: Promise<unknown>; readonly abort: LazyAbort } | null = null;
  closed = false;
  /** Trains that are not recorded, so far. */
  #unrecordedTrains = 0;

  constructor(parts: {
    readonly model: string;
    readonly store: Store;
    readonly host: Host;
    readonly live: LiveNet;
    readonly description: NetDescription;
    readonly functions: FunctionRegistry;
    readonly tensorFiles: TensorFiles;
    readonly onDivergence: DivergencePolicy;
    readonly override: DivergencePolicy | null;
    readonly onBusy: BusyPolicy;
    readonly hparams: Plain;
    readonly loggers: readonly Logger[];
    readonly signals: boolean;
    readonly command: Command;
    readonly onEvent: ((event: ModelEvent) => void) | undefined;
  }) {
    this.model = parts.model;
    this.store = parts.store;
    this.host = parts.host;
    this.live = parts.live;
    this.description = parts.description;
    this.functions = parts.functions;
    this.#data = new DataDigests(parts.store);
    this.tensorFiles = parts.tensorFiles;
    this.onDivergence = parts.onDivergence;
    this.#override = parts.override;
    this.onBusy = parts.onBusy;
    this.hparams = parts.hparams;
    this.loggers = parts.loggers;
    this.#interrupts = new Interrupts(parts.host, parts.signals);
    this.recovery = new Recovery(parts.store, (what) => this.note(what));
    this.states = new States(parts.live, parts.store.blobs, this.recovery);
    this.#command = parts.command;
    this.report = new RunReport({ model: parts.model, store: parts.store, now: () => parts.host.now() });
    this.#onEvent = parts.onEvent;
  }

  /** The digest of a data source, asked once a process. */
  fingerprint(data: DataSource | SampleStream): Promise<Digest> {
    return this.#data.of(data);
  }

  /** What these data sets are made of, below their paths. */
  outlines(data: { readonly [path: string]: Data | null }): Promise<Fields> {
    return this.#data.outlines(data);
  }

  /**
   * Runs one op, alone. Public calls return this very promise, so that a forgotten one can be told apart and is said once.
   * @throws RepriseError `OP_IN_FLIGHT` where another is running, `MODEL_CLOSED`
   */
  alone<T>(title: string, body: (abort: LazyAbort) => Promise<T>): Promise<T> {
    const abort = new LazyAbort();
    const refused = this.#refusal(title);
    if (refused !== null) return Promise.reject(refused);
    const done = body(abort).finally(() => {
      this.#running = null;
    });
    this.#running = { title, done, abort };
    return done;
  }

  #refusal(title: string): RepriseError | null {
    if (this.closed) {
      return new RepriseError(
        'MODEL_CLOSED',
        `${title} was called on model '${this.model}', which is closed. Open it again.`,
      );
    }
    if (this.#running !== null) {
      return new RepriseError(
        'OP_IN_FLIGHT',
        `${title} was called while ${this.#running.title} is still running. Ops of a model run one at a time: put \`await\` before each.`,
      );
    }
    return null;
  }

  /**
   * To be called where a block or the model ends: an op that is still running was not awaited. It is stopped, and said.
   * @throws RepriseError `OP_IN_FLIGHT`
   */
  async nothingRunning(where: string): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    const error = new RepriseError(
      'OP_IN_FLIGHT',
      `${where} ended while ${running.title} was still running; it was stopped and is not recorded. Put \`await\` before the call.`,
    );
    running.abort.abort(error);
    await running.done.catch(() => undefined);
    throw error;
  }

  /** Answers a recorded call, from the log where that can, and moves its lane. */
  async perform(lane: Lane, request: Request, abort: LazyAbort): Promise<Plain> {
    const { kind, name = '', key, fields, extending } = request;
    await this.recovery.load();
    const { place, position } = lane.next(kind, name, key);
    if (key !== undefined && place.occurrence > 0) {
      refuse(`${kind}()`, 'key', `another one: an earlier ${kind} of this block has it`, key);
    }
    const { head } = lane;
    const { store, host } = this;
    const training = extending && this.#extending(extending, fields, head);
    request.signal?.throwIfAborted();
    const executionAt = (at: Place, published: readonly StateRow[] = []): Execution => {
      const title = `[${at.checkpoint}${lane.name === 'handle' ? ', handle' : ''}] ${titleOf(at)}`;
      return {
        runtime: this,
        request,
        place: at,
        head: { ...head, unlogged: [...head.unlogged, ...published] },
        extending: training,
        title,
        signal: abort.signal(request.signal),
        lease: lane.tenure.token,
      };
    };
    let outline: Promise<Fields> | undefined;
    let interrupted: RepriseError | null = null as RepriseError | null;
    let unlisten = async (): Promise<void> => undefined;
    const call: Call = {
      place,
      name,
      position,
      head,
      fields,
      observed: request.observed,
      outline: () => (outline ??= request.outline()),
      summary: request.summary ?? {},
      policy: request.onDivergence,
      override: this.#override,
      diverges: request.diverges,
      forkOf: lane.name === 'block' ? lane.id : null,
      command: this.#command,
      extending: training ?? null,
      lease: () => lane.tenure.token,
      hold: () => lane.tenure.hold(abort.signal(request.signal)),
      letGo: () => lane.tenure.release(),
      isDamaged: (state) => this.recovery.isDamaged(state),
      recomputed: (there, came) => this.recovery.recomputed(place, there, came),
      run: async (at, from, published) => {
        this.emit({ type: 'opStarted', model: this.model, checkpoint: at.checkpoint, op: titleOf(at) });
        // Until it is recorded: storing its end is a part of it.
        await unlisten();
        unlisten = this.#interrupts.during(titleOf(at), kind === 'train', (error) => {
          interrupted = error;
          abort.abort(error);
        });
        const { execute } = await import('./execute.js');
        return execute(executionAt(at, published), from);
      },
      finish: async (at, snapshot) => {
        const { finish } = await import('./execute.js');
        return finish(executionAt(at), snapshot);
      },
    };
    let answered: Answered;
    try {
      answered = await answer(store.log, store.hasher, () => host.now(), call);
    } catch (error) {
      if (error instanceof DivergenceError) await this.report.diverged(place, error);
      throw error;
    } finally {
      await unlisten();
      // A handle has no end.
      if (lane.name === 'handle') await lane.tenure.release().catch(() => undefined);
    }
    if (answered.fork !== null) {
      this.#forked(lane, answered.fork);
      if (answered.base !== undefined) lane.head = { ...lane.head, op: answered.base };
    }
    if (answered.how === 'accepted' && answered.record.stateAfter !== null) {
      this.live.accepted.add({ called: head.state, recorded: answered.record.stateAfter });
    }
    lane.advance(place, answered.entry.id, answered.reason !== null && answered.how !== 'accepted');
    if (answered.op !== null) lane.head = headAt(answered.op);
    await this.report.add(answered);
    this.emit({
      type: 'opAnswered',
      model: this.model,
      checkpoint: lane.checkpoint,
      op: titleOf(place),
      how: answered.how,
    });
    // It ended before it could be stopped: it is recorded, and the script is to end all the same.
    if (interrupted !== null) throw interrupted;
    const returned = this.#returned(answered, request, lane);
    // Where it stands in the log, which is elsewhere where it forked.
    await request.answered?.(returned, { place: answered.entry, record: answered.record });
    return returned;
  }

  #extending({ epochs }: TrainRequest, fields: Fields, head: Head): Extending {
    const { hasher } = this.store;
    let series: Fingerprint | undefined;
    return {
      get series() {
        return (series ??= seriesOf(hasher, fields, head.state));
      },
      epochs,
      threads: () => this.live.threads(),
    };
  }

  /** What the call returns: as it ran, or as it is recorded, fitted to what this call observes, its lines printed again. */
  #returned(answered: Answered, request: Request, lane: Lane): Plain {
    const { record, entry, result, ran } = answered;
    if (ran) return result;
    this.#printAgain(answered, lane, request.silent);
    if (request.replay === undefined) return result;
    const fitted = request.replay(result, record);
    if (fitted.lacks.length > 0) this.noteLacks(fitted.lacks, { place: entry, cost: record.cost, entry: entry.id });
    return fitted.result;
  }

  #printAgain(answered: Answered, lane: Lane, silent: boolean): void {
    const {
      how,
      record: { lines },
      entry,
    } = answered;
    if (silent || (lines.length === 0 && how === 'hit')) return;
    const title = `[${lane.checkpoint}${lane.name === 'handle' ? ', handle' : ''}] ${titleOf(entry)}`;
    this.print([`${title} (${howSaid(answered)})`, ...lines].join('\n'));
  }

  note(what: string): void {
    this.report.note(what);
  }

  /** What a call observes and its record lacks. */
  noteLacks(
    lacks: readonly string[],
    { place, cost, entry }: { readonly place: Place; readonly cost: number; readonly entry?: number },
  ): void {
    const had = cost < 50 ? '' : `, which had taken ${duration(cost)}`;
    this.report.note(
      `[${place.checkpoint}] ${titleOf(place)} was recorded without ${lacks.map(lackSaid).join(', ')}, so the epochs trained then have none in its history. ` +
        `evaluate() computes it on a state; to have it for each epoch, it has to be trained again${had}` +
        `${entry === undefined ? '' : `: ${this.#command} rm ${entry} (with -r where ops stand on it), then run the script`}.`,
    );
  }

  #forked(lane: Lane, fork: string): void {
    if (fork === lane.checkpoint) return;
    this.report.note(
      `The block of checkpoint '${lane.id}' differs from what is recorded there. That was left as it is; the block went on as checkpoint '${fork}'.`,
    );
    lane.fork(fork);
  }

  /**
   * What a block was set up with and nothing has stood on yet is logged when it ends: as a fork, where that is the policy and another setup is
   * recorded. True where the lane has moved.
   */
  async endBlock(lane: Lane, policy: DivergencePolicy): Promise<boolean> {
    const { log } = this.store;
    const { op } = lane.head;
    const forks = (this.#override ?? policy) === 'fork' && (await replaces(log, op, lane.checkpoint));
    if (forks) {
      const fork = forkId(lane.id, op.record.fingerprint);
      lane.head = { ...lane.head, op: await underId(log, op, lane.checkpoint, fork) };
      this.#forked(lane, fork);
    }
    if (lane.head.op.entry === null) await lane.tenure.hold(new AbortController().signal);
    await logChain(log, lane.head.op);
    return forks;
  }

  /**
   * Says which recorded calls of a block its code no longer makes. They are kept, except for those that were called here at another place: they have moved.
   */
  async reportUncalled(lane: Lane): Promise<void> {
    const { model, id, name, added } = lane;
    // What a block that forked left behind is left on purpose.
    if (lane.checkpoint !== id) return;
    const { log } = this.store;
    const live = await log.entries({ model, checkpoint: id, lane: name, status: 'live' });
    const moved = new Set(live.filter((entry) => added.has(entry.id)).map(({ record }) => record));
    const left = live.filter((entry) => entry.kind !== 'setup' && !lane.hasCalled(entry.id));
    const gone = left.filter(({ record }) => moved.has(record));
    if (gone.length > 0) await log.commit({ supersede: gone.map((entry) => entry.id) });
    this.report.uncalled(left.filter(({ record }) => !moved.has(record)));
  }

  /** What is to be said and kept when the script ends. */
  async end(): Promise<void> {
    try {
      await this.report.end();
    } catch (error) {
      this.report.note(`what this run did could not be kept for explain: ${(error as Error).message}`);
    }
  }

  /** Runs a body on a state without recording it. */
  async unrecorded(
    at: Head | CapturedState,
    { kind, silent, work }: Pick<Request, 'kind' | 'silent' | 'work'>,
    signal: AbortSignal,
  ): Promise<{ readonly result: Plain; readonly captured: CapturedState | null }> {
    const { net, training } = await this.bring(at);
    if (kind === 'train') this.live.moves();
    const line = (text: string): void => (silent ? undefined : this.print(text));
    const context = {
      net,
      host: this.host,
      signal,
      line,
      run: this.run({ checkpoint: '', name: '', occurrence: kind === 'train' ? this.#unrecordedTrains++ : 0 }),
      ...this.writing(),
    };
    const { result, moved } = await work(context, training);
    return { result, captured: moved === null ? null : await this.live.capture(moved) };
  }

  /** Brings a state into the engine. */
  async bring(at: Head | CapturedState): Promise<{ readonly net: LoadedNet; readonly training: TrainingState }> {
    if ('engine' in at) return this.live.atCaptured(at);
    // Until it is logged, the state of an `open` or a `setup` is not in the store.
    await logChain(this.store.log, at.op);
    return this.states.at(at);
  }

  at(head: Head): Promise<{ readonly net: LoadedNet; readonly training: TrainingState }> {
    return this.states.at(head);
  }

  /** The right to write a lane. */
  tenure(checkpoint: string, lane: LaneName, policy: BusyPolicy = this.onBusy): Tenure {
    const { host, model, store } = this;
    const say = (line: string): void => this.print(line);
    return new Tenure({ leases: store.leases, host, say }, { model, checkpoint, lane }, policy);
  }

  /** A train, as loggers know it. */
  run({ checkpoint, name: key, occurrence }: Pick<Place, 'checkpoint' | 'name' | 'occurrence'>): LoggerRun {
    const { model, hparams } = this;
    return { model, checkpoint, train: occurrence + 1, ...(key !== '' && { key }), hparams };
  }

  /** What a call writes files of its own with. */
  writing(): Pick<OpContext, 'files' | 'owns' | 'portable'> {
    const { files } = this.host;
    if (files === undefined) return {};
    return {
      files,
      owns: async (path) => {
        const { isOf } = await import('./portable-file.js');
        return isOf(this, path);
      },
      portable: async (state, { weightsOnly }) => {
        const { portableOf } = await import('./portable-file.js');
        return portableOf(this, state, weightsOnly);
      },
    };
  }

  print(line: string): void {
    this.host.output.write(`${line}\n`);
  }

  emit(event: ModelEvent): void {
    this.#onEvent?.(event);
  }

  requireUnchanged(data: Data): void {
    this.#data.requireUnchanged(data);
  }
}
