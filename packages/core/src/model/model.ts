import type { Metric } from '../metrics/metric.js';
import type { EvaluateResult } from '../training/evaluate/options.js';
import type { LrCurve } from '../training/find-lr/options.js';
import type { MetricNames } from '../training/options.js';
import type { Prediction, PredictSample } from '../training/predict/options.js';
import type {
  Data,
  EvaluateCallOptions,
  FindLrCallOptions,
  PredictCallOptions,
  TrainCallOptions,
  UntilEpochCallOptions,
} from './call-options.js';
import { RepriseError } from '../errors/base.js';
import { refuse, string } from '../options/index.js';
import type { Explanation } from '../inspect/explain.js';
import { type ChainOp, type Head, logChain } from '../replay/chain.js';
import type { Report } from './run-report.js';
import type { TrainResult } from '../training/result.js';
import type { Block } from './block.js';
import { Blocks } from './blocks.js';
import { Handle } from './handle.js';
import { type CheckpointId, checkpointId, nameOf } from './ids.js';
import { Heads } from './heads.js';
import { type LoadCall, loadUnrecorded } from './loads.js';
import type { CheckpointInfo, CheckpointOptions, ExportOnnxOptions } from './model-options.js';
import { stateName, type StoredStateName } from './named-state.js';
import { type SaveOptions, weightsOnlyIn } from './save-options.js';
import { countedOptions, epochOf, nothingToTrain } from './until-epoch.js';
import { splitTrainArguments, type TrainArguments } from './train-arguments.js';
import { evaluateRequest } from './requests/evaluate.js';
import { findLrRequest } from './requests/find-lr.js';
import { predictRequest } from './requests/predict.js';
import { trainRequest } from './requests/train.js';
import type { Request } from './request.js';
import type { Runtime } from './runtime.js';
import type { Summary, SummaryOptions } from './summary.js';
import { Plots } from './plot-metrics.js';
import type { Plotter } from './plotter.js';
import type { LoadReport } from '../weights/fit.js';
import type { LoadWeightsOptions } from '../weights/load-options.js';
import type { NetStateDict, Weights } from '../weights/weights.js';
import type { Plain } from '../values/plain.js';

/**
 * A model and where it is: a net, its training components, and the log of every call made on it. Opened with `Model.open`.
 * Ops run one at a time. The engine is loaded, and tensors are read, only when something has to be computed.
 */
export class Model {
  readonly id: string;
  readonly #runtime: Runtime;
  readonly #plots: Plots;
  readonly #closeStore: () => Promise<void>;
  readonly #heads: Heads;
  readonly #blocks: Blocks;
  readonly #handles = new Map<string, Handle>();

  /** @internal Use `Model.open`. */
  constructor(parts: {
    readonly runtime: Runtime;
    readonly root: ChainOp;
    readonly plotter: Plotter;
    readonly closeStore: () => Promise<void>;
  }) {
    this.#runtime = parts.runtime;
    this.#closeStore = parts.closeStore;
    this.#heads = new Heads(parts.runtime.model, parts.runtime.store, parts.root);
    this.#plots = new Plots(parts.runtime, parts.plotter, (id) => this.#heads.recordedUnder(id));
    this.#blocks = new Blocks(parts.runtime, this.#heads, this.#plots);
    this.id = parts.runtime.model;
  }

  /** What the net's builder was handed: the hparams of `Model.open`, or those of the file of `Model.load` with what was given in their place. Null: none. */
  get hparams(): Plain {
    return this.#runtime.hparams;
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
    if (typeof optionsOrBlock === 'function' && block === undefined)
      return this.#blocks.enter(name, {}, optionsOrBlock);
    if (typeof block !== 'function' || typeof optionsOrBlock !== 'object') {
      throw new RepriseError(
        'INVALID_OPTION',
        `model.checkpoint('${name}', options) takes its options first and then its block: write model.checkpoint('${name}', options, async (cp) => { … }).`,
      );
    }
    return this.#blocks.enter(name, optionsOrBlock, block);
  }

  /**
   * Moves the model to a checkpoint's final state, to a state by another name of its, or, with null, to the untrained net: a rollback, or the
   * beginning of a fork. What is in a file is gone on from by a block, or by `Model.load`.
   * @throws RepriseError `NO_CHECKPOINT`
   */
  async loadCheckpoint(id: CheckpointId | StoredStateName | null): Promise<void> {
    const name = id === null ? null : stateName('model.loadCheckpoint()', 'id', id);
    if (typeof name === 'object' && name !== null && 'file' in name) {
      const instead = `a state in the store; model.checkpoint(id, { resumeFrom: '${name.file}' }, …) goes on from a file, and so does Model.load`;
      refuse('model.loadCheckpoint()', 'id', instead, id);
    }
    await this.#runtime.alone('loadCheckpoint()', async () => {
      this.#blocks.refuseInside('model.loadCheckpoint()');
      this.#heads.current = name === null ? this.#heads.root : await this.#blocks.headOf(name);
      this.#heads.unsaved = null;
      this.#blocks.moved();
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
      this.#blocks.refuseInside('model.deleteCheckpoint()');
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
      this.#blocks.refuseInside('model.delete()');
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
      const { op, state } = await this.#blocks.finalOf(checkpoint);
      const { log } = this.#runtime.store;
      if (op.record.stateAfter !== state) {
        throw new RepriseError(
          'REFUSED',
          `Checkpoint '${checkpoint}' stands on a model.train() or a load of weights that is not recorded, so no recorded op has its state, and it can't be ` +
            'tagged. Make that call in its block instead, on cp.',
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
    options: TrainCallOptions<M> | UntilEpochCallOptions<M>,
  ): Promise<TrainResult<MetricNames<M>>>;
  train<const M extends readonly Metric[] = readonly []>(
    train: Data,
    validation: Data,
    options: TrainCallOptions<M> | UntilEpochCallOptions<M>,
  ): Promise<TrainResult<MetricNames<M>>>;
  train(train: Data, ...rest: TrainArguments): Promise<unknown> {
    return this.#unrecorded('train()', async (head) => {
      this.#blocks.refuseInside('model.train()', 'cp.train()');
      const [validation, given] = splitTrainArguments(rest);
      const position = async (): Promise<number> =>
        this.#heads.unsaved?.training.loop.epoch ?? epochOf(this.#runtime, head);
      const { options, reached } = await countedOptions(given, position);
      // What a block had registered is carried along.
      const request = await trainRequest(this.#runtime, head, train, validation, options, 'rerun', { strict: false });
      return reached === null ? request : nothingToTrain(request, reached);
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
   * The net's parameters and buffers where the model is, by name. They are copies: no training changes them, and writing to them changes no model.
   * Reads them all; loads the engine only where they are still those of the seed.
   */
  stateDict(): Promise<NetStateDict> {
    return this.#runtime.alone('stateDict()', async () => {
      const { stateDictOf } = await import('./state-dict.js');
      return stateDictOf(this.#runtime, this.#heads.unsaved ?? this.#heads.current);
    });
  }

  /**
   * Gives the net other weights where the model is, without recording; the optimizer's state, schedulers and the loop's position stay, as in PyTorch.
   * What comes of it is where the model is: the next block stands on it. The weights are copied, and no engine is loaded.
   * @throws WeightsError `WEIGHTS_MISMATCH`; OptionError
   */
  loadStateDict(dict: Weights, options: LoadWeightsOptions = {}): Promise<LoadReport> {
    return this.#load({ where: 'loadStateDict()', argument: 'dict', weights: dict, options });
  }

  /**
   * The same from a safetensors file, or from weights in memory.
   * @throws as `loadStateDict`, and RepriseError `FILE_IO`, `FILE_FORMAT`
   */
  loadWeights(source: string | Weights, options: LoadWeightsOptions = {}): Promise<LoadReport> {
    return this.#load({ where: 'loadWeights()', argument: 'source', weights: source, options });
  }

  /**
   * What the net is made of: layers, shapes, parameters, bytes; `text` is a table of it. Loads no engine.
   * @param data whose samples say what shapes layers give; without any, those are not told
   * @throws OptionError; DataError; RepriseError `DATA_MISMATCH` where net and data don't fit
   */
  async summary(data: Data | null = null, options: SummaryOptions = {}): Promise<Summary> {
    const { description, live } = this.#runtime;
    const { summarize } = await import('./summary.js');
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
   * Writes where the model is as one safetensors file, from which `Model.load` goes on without this store: the net, by the names of its parameters, the optimizer,
   * schedulers, the loop's position, the seed, hparams. Other programs read the net from it. Not recorded; equal states give equal bytes.
   * @throws RepriseError `FILE_IO`: the file is as it was; OptionError
   */
  save(path: string, options: SaveOptions = {}): Promise<void> {
    return this.#runtime.alone('save()', async () => {
      string('model.save()', 'path', path);
      const weightsOnly = weightsOnlyIn('model.save()', options);
      const { current, unsaved } = this.#heads;
      const { portableAt, portableOf } = await import('./portable-file.js');
      const bytes =
        unsaved === null
          ? await portableAt(this.#runtime, current, weightsOnly)
          : await portableOf(this.#runtime, unsaved, weightsOnly);
      await this.#runtime.host.writeFile(path, bytes);
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

  #handle(id: string): Handle {
    const known = this.#handles.get(id);
    if (known !== undefined) return known;
    const recordedUnder = (): string => this.#heads.recordedUnder(id);
    const handle = new Handle(this.#runtime, id, this.#plots, {
      final: () => this.#blocks.finalOf(id),
      recordedUnder,
    });
    this.#handles.set(id, handle);
    return handle;
  }

  #load(call: LoadCall): Promise<LoadReport> {
    return this.#runtime.alone(`model.${call.where}`, async () => {
      this.#blocks.refuseInside(`model.${call.where}`, `cp.${call.where}`);
      const { head, report } = await loadUnrecorded(this.#runtime, () => this.#blocks.here(), call);
      this.#heads.current = head;
      this.#heads.unsaved = null;
      return report;
    });
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
}
