import type { Metric } from '../metrics/metric.js';
import type { EvaluateResult } from '../training/evaluate.js';
import type { LrCurve } from '../training/find-lr.js';
import type { MetricNames } from '../training/options.js';
import type { Prediction, PredictSample } from '../training/predict.js';
import type {
  Data,
  EvaluateCallOptions,
  FindLrCallOptions,
  PredictCallOptions,
  TrainCallOptions,
} from './call-options.js';
import { RepriseError } from '../errors/base.js';
import { checkOptions, oneOf, string } from '../options/index.js';
import { nearest } from '../options/nearest.js';
import type { Explanation } from '../inspect/explain.js';
import { type ChainOp, type Head, logChain } from '../replay/chain.js';
import { divergencePolicies } from '../replay/policy.js';
import type { Report } from './run-report.js';
import type { TrainResult } from '../training/result.js';
import { Block } from './block.js';
import { Handle } from './handle.js';
import { type CheckpointId, checkpointId, nameOf } from './ids.js';
import { Heads } from './heads.js';
import { Lane } from './lane.js';
import type { CheckpointInfo, CheckpointOptions, ExportOnnxOptions } from './model-options.js';
import { busyPolicies, SkippedError } from './tenure.js';
import { namedState, type StateName, stateName } from './named-state.js';
import { splitTrainArguments, type TrainArguments } from './train-arguments.js';
import { evaluateRequest } from './requests/evaluate.js';
import { findLrRequest } from './requests/find-lr.js';
import { predictRequest } from './requests/predict.js';
import { trainRequest } from './requests/train.js';
import type { Request } from './request.js';
import type { Runtime } from './runtime.js';
import { summarize, type Summary, type SummaryOptions } from './summary.js';
import type { Plotter } from './plotter.js';

/**
 * A model and where it is: a net, its training components, and the log of every call made on it. Opened with `Model.open`.
 * Ops run one at a time. The engine is loaded, and tensors are read, only when something has to be computed.
 */
export class Model {
  readonly id: string;
  readonly #runtime: Runtime;
  readonly #plotter: Plotter;
  readonly #closeStore: () => Promise<void>;
  readonly #heads: Heads;
  #open: string | null = null;
  /** Blocks that were left out, since another process writes their checkpoints; and the one before this place, until the model is moved. */
  readonly #skipped = new Set<string>();
  #lastSkipped: string | null = null;
  readonly #handles = new Map<string, Handle>();

  /** @internal Use `Model.open`. */
  constructor(parts: {
    readonly runtime: Runtime;
    readonly root: ChainOp;
    readonly plotter: Plotter;
    readonly closeStore: () => Promise<void>;
  }) {
    this.#runtime = parts.runtime;
    this.#plotter = parts.plotter;
    this.#closeStore = parts.closeStore;
    this.#heads = new Heads(parts.runtime.model, parts.runtime.store, parts.root);
    this.id = parts.runtime.model;
  }

  /** The handle on a checkpoint: ops on its final state, recorded, that leave the model where it is. */
  checkpoint(id: CheckpointId): Handle;
  /**
   * A block: its calls are recorded in order, and replayed when the script runs again. Returns what the block returns.
   * A block that throws keeps the ops that had finished.
   * @throws DivergenceError, RepriseError `BLOCK_OPEN`, `OP_IN_FLIGHT`, and whatever the block throws
   */
  checkpoint<T>(id: CheckpointId, block: (cp: Block) => T | Promise<T>): Promise<T>;
  checkpoint<T>(
    id: CheckpointId,
    options: CheckpointOptions & { readonly onBusy: 'skip' },
    block: (cp: Block) => T | Promise<T>,
  ): Promise<T | undefined>;
  checkpoint<T>(id: CheckpointId, options: CheckpointOptions, block: (cp: Block) => T | Promise<T>): Promise<T>;
  checkpoint<T>(
    id: CheckpointId,
    optionsOrBlock?: CheckpointOptions | ((cp: Block) => T | Promise<T>),
    block?: (cp: Block) => T | Promise<T>,
  ): Handle | Promise<T | undefined> {
    const name = checkpointId('model.checkpoint()', id);
    if (optionsOrBlock === undefined) return this.#handle(name);
    if (typeof optionsOrBlock === 'function' && block === undefined) return this.#enter(name, {}, optionsOrBlock);
    if (typeof block !== 'function' || typeof optionsOrBlock !== 'object') {
      throw new RepriseError(
        'INVALID_OPTION',
        `model.checkpoint('${name}', options) takes its options first and then its block: write model.checkpoint('${name}', options, async (cp) => { … }).`,
      );
    }
    return this.#enter(name, optionsOrBlock, block);
  }

  /**
   * Moves the model to a checkpoint's final state, to one by its tag or its op, or, with null, to the untrained net: a rollback, or the
   * beginning of a fork.
   * @throws RepriseError `NO_CHECKPOINT`
   */
  async loadCheckpoint(id: CheckpointId | StateName | null): Promise<void> {
    const name = id === null ? null : stateName('model.loadCheckpoint()', 'id', id);
    await this.#runtime.alone('loadCheckpoint()', async () => {
      this.#refuseInside('model.loadCheckpoint()');
      this.#heads.current = name === null ? this.#heads.root : await this.#headOf(name);
      this.#heads.unsaved = null;
      this.#lastSkipped = null;
    });
  }

  /** How the recorded calls of this process were answered so far, and what that saved and added. */
  get report(): Report {
    return this.#runtime.report.counts;
  }

  /** The checkpoints of this model, in the order of their creation. */
  checkpoints(): Promise<readonly CheckpointInfo[]> {
    return this.#runtime.alone('checkpoints()', async () => {
      const rows = await this.#runtime.store.log.checkpoints(this.id);
      return rows.map((row) => ({ id: row.id, description: row.description, createdAt: new Date(row.createdAt) }));
    });
  }

  /**
   * Forgets a checkpoint: its calls, and their records where no other checkpoint shares them; the space of its tensors is free at once. Those that stand
   * on it stay whole.
   * False where there was none. A script that calls it computes the checkpoint again each time.
   */
  async deleteCheckpoint(id: CheckpointId): Promise<boolean> {
    const name = checkpointId('model.deleteCheckpoint()', id);
    return this.#runtime.alone('deleteCheckpoint()', async () => {
      this.#refuseInside('model.deleteCheckpoint()');
      this.#handles.delete(name);
      // In a run that has forked, the name means the fork.
      const recorded = this.#heads.recordedUnder(name);
      await this.#heads.forget(recorded);
      const { log, upkeep } = this.#runtime.store;
      const deleted = await log.deleteCheckpoint(this.id, recorded);
      if (deleted) await upkeep.collect({ grace: 0, rowsOnly: true });
      return deleted;
    });
  }

  /** Forgets the model and all its checkpoints, and closes it. */
  async delete(): Promise<void> {
    await this.#runtime.alone('delete()', async () => {
      this.#refuseInside('model.delete()');
      const { log, upkeep } = this.#runtime.store;
      await log.deleteModel(this.id);
      await upkeep.collect({ grace: 0, rowsOnly: true });
      this.#runtime.report.forget();
    });
    await this.close();
  }

  /**
   * Names the state that a checkpoint is at now. The name keeps that state and its record, whatever becomes of the checkpoint; a name that is
   * taken goes over. Stand on it with `from: { tag: name }`.
   * @throws RepriseError `NO_CHECKPOINT`
   */
  async tag(name: string, id: CheckpointId): Promise<void> {
    nameOf('model.tag()', 'name', name);
    const checkpoint = checkpointId('model.tag()', id);
    await this.#runtime.alone('tag()', async () => {
      const { op, state } = await this.#finalOf(checkpoint);
      const { log } = this.#runtime.store;
      if (op.record.stateAfter !== state) {
        throw new RepriseError(
          'REFUSED',
          `Checkpoint '${checkpoint}' stands on a model.train() that is not recorded, so no recorded op has its state, and it can't be tagged. ` +
            'Train in its block instead, with cp.train().',
        );
      }
      await logChain(log, op);
      const createdAt = this.#runtime.host.now();
      await log.putTag({ model: this.id, name, record: op.record.fingerprint, entry: op.entry, createdAt });
    });
  }

  /**
   * Why a recorded op is as it is: how its call was answered, in this process or the last one that made it, and why; what decides it; what
   * computing it again costs. From what is stored; nothing is run.
   * @param op its number, or its address in this model: `1/train#2`, `1/handle/evaluate#1`, `1/cached:confusion#1`
   * @throws RepriseError `UNKNOWN_ADDRESS` where it names none, or several
   */
  explain(op: number | string): Promise<Explanation> {
    return this.#runtime.alone('explain()', async () => {
      const [{ explain }, { resolveOp }] = await Promise.all([
        import('../inspect/explain.js'),
        import('../inspect/resolve.js'),
      ]);
      const { store, report } = this.#runtime;
      const { account } = report;
      return explain(
        store.log,
        await resolveOp(store.log, String(op), this.id),
        account.calls.length > 0 ? account : null,
      );
    });
  }

  /** Trains without recording. What it changed is where the model is; the next block stores it and stands on it. */
  train<const M extends readonly Metric[] = readonly []>(
    train: Data,
    options: TrainCallOptions<M>,
  ): Promise<TrainResult<MetricNames<M>>>;
  train<const M extends readonly Metric[] = readonly []>(
    train: Data,
    validation: Data,
    options: TrainCallOptions<M>,
  ): Promise<TrainResult<MetricNames<M>>>;
  train(train: Data, ...rest: TrainArguments): Promise<unknown> {
    return this.#unrecorded('train()', (head) => {
      this.#refuseInside('model.train()', 'cp.train()');
      const [validation, options] = splitTrainArguments(rest);
      return trainRequest(this.#runtime, head, train, validation, options, 'rerun');
    });
  }

  /** Evaluates where the model is, without recording. */
  evaluate<const M extends readonly Metric[] = readonly []>(
    data: Data,
    options: EvaluateCallOptions<M> = {},
  ): Promise<EvaluateResult<MetricNames<M>>> {
    return this.#unrecorded('evaluate()', () => evaluateRequest(this.#runtime, data, options)) as Promise<
      EvaluateResult<MetricNames<M>>
    >;
  }

  /** Sweeps the learning rate from where the model is, without recording; leaves the state as it was. */
  findLr(data: Data, options: FindLrCallOptions = {}): Promise<LrCurve> {
    return this.#unrecorded('findLr()', () => findLrRequest(this.#runtime, data, options)) as Promise<LrCurve>;
  }

  /** The net's outputs where the model is, without recording. */
  predict(data: Data | PredictSample, options: PredictCallOptions = {}): Promise<Prediction> {
    return this.#unrecorded('predict()', () => predictRequest(this.#runtime, data, options)) as Promise<Prediction>;
  }

  /**
   * What the net is made of: layers, shapes, parameters, bytes; `text` is a table of it. Loads no engine.
   * @param data whose samples say what shapes layers give; without any, those are not told
   * @throws OptionError; DataError; RepriseError `DATA_MISMATCH` where net and data don't fit
   */
  summary(data: Data | null = null, options: SummaryOptions = {}): Promise<Summary> {
    const { description, live } = this.#runtime;
    return summarize(description, (batch) => live.layers(batch), data, options);
  }

  /**
   * Writes the net where the model is as an ONNX file, parameters included. The bytes follow from the net and its state alone.
   * @throws RepriseError `EXPORT_UNSUPPORTED` where the engine can't, `FILE_IO`; OptionError
   */
  exportOnnx(path: string, options: ExportOnnxOptions = {}): Promise<void> {
    return this.#runtime.alone('exportOnnx()', async () => {
      string('model.exportOnnx()', 'path', path);
      const { net } = await this.#runtime.bring(this.#heads.unsaved ?? this.#heads.current);
      const write = net.exports['onnx'];
      if (write === undefined) {
        throw new RepriseError('EXPORT_UNSUPPORTED', `The engine '${net.description.engine}' can't write ONNX files.`);
      }
      await this.#runtime.host.writeFile(path, await write({ ...options }));
    });
  }

  /**
   * Ends the session: prints what was replayed and what ran, frees the engine, closes the store.
   * @throws RepriseError `OP_IN_FLIGHT` where an op is still running; everything is closed all the same.
   */
  async close(): Promise<void> {
    const runtime = this.#runtime;
    if (runtime.closed) return;
    runtime.closed = true;
    try {
      await runtime.nothingRunning(`model '${this.id}'`);
      await runtime.end();
    } finally {
      for (const line of runtime.report.lines()) runtime.print(line);
      await runtime.live.dispose();
      await this.#closeStore();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #enter<T>(id: string, options: CheckpointOptions, body: (cp: Block) => T | Promise<T>): Promise<T | undefined> {
    checkOptions('model.checkpoint()', options, ['description', 'from', 'onDivergence', 'onBusy']);
    if (options.onDivergence !== undefined) {
      oneOf('model.checkpoint()', 'onDivergence', options.onDivergence, divergencePolicies);
    }
    if (options.onBusy !== undefined) oneOf('model.checkpoint()', 'onBusy', options.onBusy, busyPolicies);
    if (this.#open !== null) {
      throw new RepriseError(
        'BLOCK_OPEN',
        this.#open === id
          ? `The block of checkpoint '${id}' is open already. A checkpoint has one block at a time: await the first, or take another id.`
          : `The block of checkpoint '${id}' was entered inside that of '${this.#open}'. Blocks stand one after another: ` +
              'await the first one, then enter the next.',
      );
    }
    this.#open = id;
    let lane: Lane | null = null;
    const tenure = this.#runtime.tenure(id, 'block', options.onBusy);
    try {
      await tenure.enter();
      const head = await this.#runtime.alone(`checkpoint('${id}')`, () => this.#parentOf(id, options));
      this.#heads.begin(id, head);
      this.#skipped.delete(id);
      this.#lastSkipped = null;
      lane = new Lane({ model: this.id, checkpoint: id, name: 'block' }, head, tenure, (fork) =>
        this.#heads.forked(id, fork),
      );
      const policy = options.onDivergence ?? this.#runtime.onDivergence;
      const block = new Block(this.#runtime, lane, this.#plotter, policy, (moved) => this.#heads.moved(id, moved));
      const value = await this.#inside(block, id, body);
      if (await this.#runtime.endBlock(lane, policy)) this.#heads.moved(id, lane.head);
      await this.#describe(lane.checkpoint, options.description);
      await this.#runtime.reportUncalled(lane);
      await this.#runtime.report.keepSoon();
      return value;
    } catch (error) {
      this.#heads.failed(id, lane?.stoodOn === false);
      if (error instanceof SkippedError) {
        this.#runtime.print(error.message);
        this.#skipped.add(id);
        this.#lastSkipped = id;
        return undefined;
      }
      // The script may end here. The failure is the thing to tell.
      await this.#runtime.report.keep().catch(() => undefined);
      throw error;
    } finally {
      this.#open = null;
      // What the block has thrown is the thing to tell; a lease that isn't given back expires.
      await tenure.release().catch(() => undefined);
    }
  }

  async #inside<T>(block: Block, id: string, body: (cp: Block) => T | Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await body(block);
    } catch (error) {
      block.end();
      await this.#runtime.nothingRunning(`the block of checkpoint '${id}'`).catch(() => undefined);
      throw error;
    }
    block.end();
    await this.#runtime.nothingRunning(`the block of checkpoint '${id}'`);
    return value;
  }

  /** Where a block begins: from what it names, from where it began before, or from where the model is. */
  async #parentOf(id: string, options: CheckpointOptions): Promise<Head> {
    if (options.from === null) return this.#heads.root;
    if (options.from !== undefined) return this.#headOf(stateName('model.checkpoint()', 'from', options.from));
    const before = await this.#heads.beginning(id);
    if (before !== undefined) return before;
    // It would stand on what came before that block, without a word.
    if (this.#lastSkipped !== null) throw leftOut(id, this.#lastSkipped);
    const { current, unsaved } = this.#heads;
    if (unsaved === null) return current;
    const row = await this.#runtime.live.save(unsaved, false);
    return { op: current.op, state: row.digest, unlogged: [row] };
  }

  /** A checkpoint is in the log from its first op on; its description is what its block last said. */
  async #describe(id: string, description: string = ''): Promise<void> {
    const { log } = this.#runtime.store;
    const known = await log.checkpoint(this.id, id);
    if (known !== undefined && known.description !== description) await log.putCheckpoint({ ...known, description });
  }

  async #finalOf(id: string): Promise<Head> {
    // Where another process is in the middle of it, no state of it is final.
    if (this.#skipped.has(id)) throw leftOut(null, id);
    const head = await this.#heads.final(id);
    if (head === undefined) throw await this.#noCheckpoint(id);
    return head;
  }

  async #headOf(name: string | StateName): Promise<Head> {
    return typeof name === 'string' ? this.#finalOf(name) : namedState(this.#runtime, this.#heads, name);
  }

  async #noCheckpoint(id: string): Promise<RepriseError> {
    const known = (await this.#runtime.store.log.checkpoints(this.id)).map((checkpoint) => checkpoint.id);
    const close = nearest(id, known);
    const has =
      close !== undefined
        ? `Did you mean '${close}'?`
        : known.length === 0
          ? 'It has none yet.'
          : `It has ${known.map((each) => `'${each}'`).join(', ')}.`;
    return new RepriseError(
      'NO_CHECKPOINT',
      `Model '${this.id}' has no checkpoint '${id}' with a state. ${has} Run its block first: model.checkpoint('${id}', async (cp) => { … }).`,
    );
  }

  #handle(id: string): Handle {
    const known = this.#handles.get(id);
    if (known !== undefined) return known;
    const recordedUnder = (): string => this.#heads.recordedUnder(id);
    const handle = new Handle(this.#runtime, id, this.#plotter, { final: () => this.#finalOf(id), recordedUnder });
    this.#handles.set(id, handle);
    return handle;
  }

  #unrecorded(title: string, requestAt: (head: Head) => Promise<Request>): Promise<unknown> {
    return this.#runtime.alone(`model.${title}`, async (abort) => {
      const { current, unsaved } = this.#heads;
      const request = await requestAt(current);
      const at = unsaved ?? current;
      const { result, captured } = await this.#runtime.unrecorded(at, request, abort.signal(request.signal));
      if (captured !== null) this.#heads.unsaved = captured;
      return result;
    });
  }

  #refuseInside(what: string, instead: string | null = null): void {
    if (this.#open === null) return;
    const remedy = instead === null ? 'Call it before or after the block.' : `Inside it, call ${instead}.`;
    throw new RepriseError(
      'BLOCK_OPEN',
      `${what} was called inside the block of checkpoint '${this.#open}'. ${remedy}`,
    );
  }
}

/** @param id the block that would stand on one that was left out; null where that one's state is asked for */
function leftOut(id: string | null, skipped: string): RepriseError {
  const what = id === null ? `Its state was asked for` : `The block of checkpoint '${id}' would have stood on it`;
  return new RepriseError(
    'CHECKPOINT_BUSY',
    `The block of checkpoint '${skipped}' was left out, since another process is writing that checkpoint. ${what}. ` +
      "Run it again without onBusy: 'skip' first, which waits for the other process, or say with `from` what to stand on instead.",
  );
}
