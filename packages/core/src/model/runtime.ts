import { DataError } from '../data/data-error.js';
import { contentUnchanged } from '../data/fingerprint.js';
import { RepriseError } from '../errors/base.js';
import type { DataSource, SampleStream } from '../ports/data-source.js';
import type { LoadedNet, NetDescription } from '../ports/engine.js';
import type { Host } from '../ports/host.js';
import type { OpEntry, OpKind, OpRecord } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import { type Head, headAt, logChain } from '../replay/chain.js';
import { type DivergencePolicy, duration, titleOf } from '../replay/divergence.js';
import type { Fields } from '../replay/fields.js';
import { type Answered, answer, type Ran } from '../replay/replay.js';
import { type CapturedState } from '../state/capture.js';
import type { FunctionRegistry } from '../state/stored-recipe.js';
import type { TrainingState } from '../state/training-state.js';
import type { OpContext } from '../training/context.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { Data } from './call-options.js';
import type { Lane } from './lane.js';
import type { LiveNet } from './live-net.js';
import type { ModelEvent } from './events.js';
import { RunReport } from './run-report.js';

/** What an op's body gets and gives: data, and the training state that it left where it moved it. */
export interface Work {
  readonly result: Plain;
  readonly moved: TrainingState | null;
}

/** A recorded call, as its maker describes it. */
export interface Request {
  readonly kind: OpKind;
  readonly name?: string;
  readonly fields: Fields;
  readonly observed: Fields;
  /** What `replay` looks at of the record. */
  readonly summary?: Fields;
  readonly diverges: boolean;
  readonly onDivergence: DivergencePolicy;
  /** What it reads, to be looked at again once it has run. */
  readonly data: readonly Data[];
  readonly signal: AbortSignal | undefined;
  /** Whether its header and lines are printed. */
  readonly silent: boolean;
  /** Fits a recorded result to what this call observes. */
  replay?(result: Plain, record: OpRecord): Replayed;
  work(context: OpContext, training: TrainingState): Promise<Work>;
}

/** A replayed result, and what the call observes that the record lacks. */
export interface Replayed {
  readonly result: Plain;
  readonly lacks: readonly string[];
}

/** Stops a running op. Most ops are replayed and never ask for a signal, which costs more than a look-up. */
export class LazyAbort {
  #controller: AbortController | undefined;

  /** Aborted by this, and by the user's own signal where there is one. */
  signal(own?: AbortSignal): AbortSignal {
    this.#controller ??= new AbortController();
    const { signal } = this.#controller;
    return own === undefined ? signal : AbortSignal.any([signal, own]);
  }

  abort(reason: Error): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }
}

/** What the calls of an opened model share. */
export class Runtime {
  readonly model: string;
  readonly store: Store;
  readonly host: Host;
  readonly live: LiveNet;
  readonly description: NetDescription;
  readonly functions: FunctionRegistry;
  readonly report: RunReport = new RunReport();
  readonly onDivergence: DivergencePolicy;
  readonly #onEvent: ((event: ModelEvent) => void) | undefined;
  readonly #fingerprints = new WeakMap<object, Promise<Digest>>();
  #running: { readonly title: string; readonly done: Promise<unknown>; readonly abort: LazyAbort } | null = null;
  closed = false;

  constructor(parts: {
    readonly model: string;
    readonly store: Store;
    readonly host: Host;
    readonly live: LiveNet;
    readonly description: NetDescription;
    readonly functions: FunctionRegistry;
    readonly onDivergence: DivergencePolicy;
    readonly onEvent: ((event: ModelEvent) => void) | undefined;
  }) {
    this.model = parts.model;
    this.store = parts.store;
    this.host = parts.host;
    this.live = parts.live;
    this.description = parts.description;
    this.functions = parts.functions;
    this.onDivergence = parts.onDivergence;
    this.#onEvent = parts.onEvent;
  }

  /** The digest of a data source, asked once a process. */
  fingerprint(data: DataSource | SampleStream): Promise<Digest> {
    let known = this.#fingerprints.get(data);
    if (known === undefined) {
      known = Promise.resolve(data.fingerprint({ hasher: this.store.hasher, files: this.store.files }));
      this.#fingerprints.set(data, known);
      // What failed may be mended: the next call asks again.
      known.catch(() => this.#fingerprints.delete(data));
    }
    return known;
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
    const { kind, name = '', silent } = request;
    const { place, position } = lane.next(kind, name);
    const { head } = lane;
    const title = `[${lane.checkpoint}${lane.name === 'handle' ? ', handle' : ''}] ${titleOf(place)}`;
    request.signal?.throwIfAborted();
    const { fields, observed, summary = {}, onDivergence, diverges } = request;
    const run = (): Promise<Ran> => {
      this.emit({ type: 'opStarted', model: this.model, checkpoint: lane.checkpoint, op: titleOf(place) });
      return this.#run(head, request, title, abort.signal(request.signal));
    };
    const call = { place, position, head, fields, observed, summary, onDivergence, diverges, run };
    const answered = await answer(this.store.log, this.store.hasher, () => this.host.now(), call);
    lane.advance(place, answered.entry);
    if (answered.op !== null) lane.head = headAt(answered.op);
    this.report.add(answered.how, answered.record.cost);
    this.emit({
      type: 'opAnswered',
      model: this.model,
      checkpoint: lane.checkpoint,
      op: titleOf(place),
      how: answered.how,
    });
    if (answered.how === 'run') return answered.result;
    const { lines } = answered.record;
    if (!silent && (lines.length > 0 || answered.how !== 'hit')) {
      this.print([`${title} (${howSaid(answered)})`, ...lines].join('\n'));
    }
    if (request.replay === undefined) return answered.result;
    const { result, lacks } = request.replay(answered.result, answered.record);
    if (lacks.length > 0) {
      const had = answered.record.cost < 50 ? '' : `, which had taken ${duration(answered.record.cost)}`;
      this.report.note(
        `${title} was recorded without ${lacks.join(', ')}, so its history has none. ` +
          `evaluate() computes it on a state; to have it for each epoch, the checkpoint has to be trained again${had}.`,
      );
    }
    return result;
  }

  /** Says which recorded calls of a block its code no longer makes. They are kept. */
  async reportUncalled(lane: Lane): Promise<void> {
    const { model, checkpoint, name, called } = lane;
    const live = await this.store.log.entries({ model, checkpoint, lane: name, status: 'live' });
    const left = live.filter(({ id, kind }) => kind !== 'setup' && !called.has(id)).map(titleOf);
    if (left.length > 0) this.report.note(`[${checkpoint}] recorded, and no longer called: ${left.join(', ')}. Kept.`);
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
    const context = { net, host: this.host, signal, line };
    const { result, moved } = await work(context, training);
    return { result, captured: moved === null ? null : await this.live.capture(moved) };
  }

  /** Brings a state into the engine. */
  async bring(at: Head | CapturedState): Promise<{ readonly net: LoadedNet; readonly training: TrainingState }> {
    if ('engine' in at) return this.live.atCaptured(at);
    // Until it is logged, the state of an `open` or a `setup` is not in the store.
    await logChain(this.store.log, at.op);
    return this.live.at(at.state);
  }

  print(line: string): void {
    this.host.output.write(`${line}\n`);
  }

  emit(event: ModelEvent): void {
    this.#onEvent?.(event);
  }

  /** Arrays that were written to since they were hashed: a result would be filed under data that it did not come from. */
  #requireUnchanged(data: Data): void {
    if (contentUnchanged(data)) return;
    this.#fingerprints.delete(data);
    throw new DataError(
      'DATA_ERROR',
      'The arrays of a data set were written to after they were given: the result would be filed under data that it did not come ' +
        'from, so it is not recorded. Make a new data set with arrays() for the new content.',
    );
  }

  async #run(head: Head, request: Request, title: string, signal: AbortSignal): Promise<Ran> {
    const begun = this.host.elapsed();
    const { net, training } = await this.live.at(head.state);
    const lines: string[] = [];
    const line = (text: string): void => {
      if (!request.silent) this.print(lines.length === 0 && request.kind !== 'train' ? `${title}\n${text}` : text);
      lines.push(text);
    };
    // A train shows its progress at once; the others have a title where they have something to say.
    if (!request.silent && request.kind === 'train') this.print(title);
    if (request.kind === 'train') {
      await this.functions.checkUnchanged();
      this.live.moves();
    }
    const { result, moved } = await request.work({ net, host: this.host, signal, line }, training);
    for (const data of request.data) this.#requireUnchanged(data);
    const after = moved === null ? null : await this.live.save(await this.live.capture(moved), true);
    const provenance = { ...this.host.provenance, ...net.provenance, threads: net.threads };
    const cost = this.host.elapsed() - begun;
    return { result, lines, cost, after, components: head.op.components, provenance };
  }
}

function howSaid({ how, record, origin }: Answered): string {
  const took = record.cost < 50 ? '' : `, had taken ${duration(record.cost)}`;
  if (how === 'adopted') return `adopted from ${originSaid(origin)}${took}`;
  return `${how === 'accepted' ? 'accepted as recorded' : 'replayed'}${took}`;
}

function originSaid(origin: OpEntry | null): string {
  if (origin === null) return 'an earlier run';
  const where = `${titleOf(origin)} of checkpoint '${origin.checkpoint}' of model '${origin.model}'`;
  return origin.status === 'superseded' ? `${where}, superseded` : where;
}
