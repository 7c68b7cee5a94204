import { createHash } from 'node:crypto';
import {
  type CachedNet,
  type Data,
  type EngineState,
  freshScheduler,
  type Host,
  type LoadedNet,
  type OpContext,
  parseEvaluateOptions,
  parseFindLrOptions,
  parsePredictInput,
  parsePredictOptions,
  parseTrainOptions,
  RepriseError,
  type SetupOptions,
  type TrainingState,
} from '@reprise/core';
import { evaluate, findLr, predict, train } from '@reprise/core/training';
import { oracleEngine, newMeter } from './engine.js';
import type { Script } from './script.js';

/** A state in memory: what a state of the product stands for, without a store. */
interface State {
  readonly engine: EngineState;
  readonly training: TrainingState;
}

/** A state, and the checkpoint whose op led there. */
interface Standing {
  readonly state: State;
  readonly checkpoint: string;
}

/** What `play` needs of a model. */
type Named = string | { readonly tag: string };
const keyOf = (named: Named): string => (typeof named === 'string' ? named : `tag:${named.tag}`);

type Options = { readonly signal?: AbortSignal; readonly key?: string; readonly onDivergence?: unknown } & object;

const fail = (code: 'NO_CHECKPOINT' | 'SETUP_TWICE' | 'SETUP_AFTER_TRAIN' | 'INVALID_OPTION'): never => {
  throw new RepriseError(code, code);
};

/**
 * What the guide says of blocks, handles, rollbacks and forks, in a few lines of its own: no log, no fingerprints, no heads of the
 * product's. Every call is computed on a state that is held in memory. Its results are what the product's have to be.
 */
export class PlainModel {
  readonly report: { readonly run: number } = { run: 0 };
  readonly #context: OpContext;
  readonly #net: LoadedNet;
  readonly #root: State;
  readonly #final = new Map<string, Standing>();
  readonly #began = new Map<string, { readonly at: Standing; readonly parent: string | null }>();
  #current: Standing;

  private constructor(net: LoadedNet, host: Host, { seed, bias }: Script) {
    this.#net = net;
    this.#context = { net, host, signal: new AbortController().signal, line: () => undefined };
    const training = {
      loss: null,
      optimizer: null,
      epochScheduler: null,
      stepScheduler: null,
      loop: {
        epoch: 0,
        step: 0,
      },
      seed,
    };
    const initial = new Map(net.initialize(seed));
    if (bias !== null) initial.set('head.b', { dtype: 'float32', shape: [1], data: Float32Array.of(bias) });
    this.#root = { engine: { net: initial, optimizer: null }, training };
    this.#current = { state: this.#root, checkpoint: '' };
  }

  static async open(script: Script, host: Host): Promise<PlainModel> {
    const { width, note } = script;
    const engine = oracleEngine(newMeter());
    const net = await engine.load(await engine.describe({ width, note }), { threads: 1 });
    return new PlainModel(net, host, script);
  }

  /** A handle, or a block. */
  checkpoint(
    id: string,
    options?: { readonly from?: Named | null },
    body?: (cp: PlainBlock) => Promise<unknown>,
  ): unknown {
    if (body === undefined) return new PlainHandle(this, () => this.#finalOf(id).state);
    const from = options?.from;
    return this.#block(id, from === undefined || from === null ? from : keyOf(from), body);
  }

  async tag(name: string, id: string): Promise<void> {
    this.#final.set(keyOf({ tag: name }), this.#finalOf(id));
  }

  async loadCheckpoint(named: Named): Promise<void> {
    this.#current = this.#finalOf(keyOf(named));
  }

  async train(data: Data, ...rest: readonly unknown[]): Promise<unknown> {
    const { result, state } = await this.trained(this.#current.state, data, rest);
    this.#current = { ...this.#current, state };
    return result;
  }

  evaluate(data: Data, options: Options): Promise<unknown> {
    return this.evaluated(this.#current.state, data, options);
  }

  async trained(
    state: State,
    data: Data,
    rest: readonly unknown[],
  ): Promise<{ readonly result: unknown; readonly state: State }> {
    const [validation, options] = (rest.length === 1 ? [null, rest[0]] : rest) as readonly [Data | null, Options];
    const settings = parseTrainOptions(own(options), { validation: validation !== null });
    const { result, state: training } = await train(
      this.#at(state),
      state.training,
      { train: data, validation },
      settings,
    );
    return { result, state: { engine: this.#net.capture(), training } };
  }

  async evaluated(state: State, data: Data, options: Options): Promise<unknown> {
    return evaluate(this.#at(state), state.training, data, parseEvaluateOptions(own(options)));
  }

  async found(state: State, data: Data, options: Options): Promise<unknown> {
    return findLr(this.#at(state), state.training, data, parseFindLrOptions(own(options)));
  }

  async predicted(state: State, input: unknown, options: Options): Promise<unknown> {
    const parsed = parsePredictInput(input, this.#net.description);
    return predict(this.#at(state), state.training, parsed, parsePredictOptions(own(options)));
  }

  setUp({ engine, training }: State, given: SetupOptions): State {
    const { loss = training.loss, optimizer, epochScheduler, stepScheduler } = given;
    const scheduler = (name: 'epochScheduler' | 'stepScheduler'): TrainingState[typeof name] => {
      const asked = { epochScheduler, stepScheduler }[name];
      return asked === undefined ? training[name] : asked && freshScheduler(asked);
    };
    return {
      engine: optimizer === undefined ? engine : { ...engine, optimizer: this.#net.freshOptimizer(optimizer) },
      training: {
        ...training,
        loss,
        optimizer: optimizer ?? training.optimizer,
        epochScheduler: scheduler('epochScheduler'),
        stepScheduler: scheduler('stepScheduler'),
      },
    };
  }

  async #block(
    id: string,
    from: string | null | undefined,
    body: (cp: PlainBlock) => Promise<unknown>,
  ): Promise<unknown> {
    const at = this.#beginning(id, from);
    const isFinal = at.checkpoint !== id && this.#final.get(at.checkpoint)?.state === at.state;
    this.#began.set(id, { at, parent: isFinal ? at.checkpoint : null });
    this.#current = at;
    const moved = (state: State): void => {
      this.#current = { state, checkpoint: id };
      this.#final.set(id, this.#current);
    };
    const block = new PlainBlock(this, () => this.#current.state, moved);
    try {
      return await body(block);
    } catch (error) {
      const { standing } = block;
      this.#current = standing === null ? at : { state: standing, checkpoint: id };
      if (standing === null) this.#final.delete(id);
      else this.#final.set(id, this.#current);
      throw error;
    }
  }

  #beginning(id: string, from: string | null | undefined): Standing {
    if (from === null) return { state: this.#root, checkpoint: '' };
    if (from !== undefined) return this.#finalOf(from);
    const began = this.#began.get(id);
    if (began === undefined) return this.#current;
    return (began.parent === null ? undefined : this.#final.get(began.parent)) ?? began.at;
  }

  #finalOf(id: string): Standing {
    return this.#final.get(id) ?? this.#began.get(id)?.at ?? fail('NO_CHECKPOINT');
  }

  #at({ engine }: State): OpContext {
    this.#net.restore(engine);
    return this.#context;
  }
}

/** The calls on a state that leave it as it is. */
class PlainHandle {
  protected readonly model: PlainModel;
  protected readonly state: () => State;

  constructor(model: PlainModel, state: () => State) {
    this.model = model;
    this.state = state;
  }

  async stateDigest(): Promise<string> {
    return digestOf(this.state());
  }

  async evaluate(data: Data, options: Options): Promise<unknown> {
    return this.once('evaluate', options, () => this.model.evaluated(this.state(), data, options));
  }

  async findLr(data: Data, options: Options): Promise<unknown> {
    return this.once('findLr', options, () => this.model.found(this.state(), data, options));
  }

  async predict(input: unknown, options: Options): Promise<unknown> {
    return this.once('predict', options, () => this.model.predicted(this.state(), input, options));
  }

  async cached(_: string, args: unknown, fn: (args: unknown, net: CachedNet) => unknown): Promise<unknown> {
    const state = this.state();
    const net = { evaluate: (data: Data, options: Options) => this.model.evaluated(state, data, options) };
    return this.once('cached', {}, async () => fn(args, net as unknown as CachedNet));
  }

  /** A recorded call. On a handle a key stands for the same call each time. */
  protected async once<T>(_kind: string, _options: Options, call: () => Promise<T>): Promise<T> {
    return call();
  }
}

class PlainBlock extends PlainHandle {
  readonly #moved: (state: State) => void;
  readonly #keys = new Set<string>();
  #setUp = false;
  #loaded = false;
  #trained = false;
  /** The last state that the block made and that a recorded call stands on, or made: what counts where the block throws. */
  standing: State | null = null;

  constructor(model: PlainModel, state: () => State, moved: (state: State) => void) {
    super(model, state);
    this.#moved = moved;
  }

  async setup(options: SetupOptions): Promise<void> {
    if (this.#trained) fail('SETUP_AFTER_TRAIN');
    if (this.#setUp) fail('SETUP_TWICE');
    this.#setUp = true;
    this.#moved(this.model.setUp(this.state(), options));
  }

  async loadStateDict(dict: { readonly [name: string]: Float32Array }): Promise<unknown> {
    const { engine, training } = this.state();
    const net = new Map(engine.net);
    for (const [name, data] of Object.entries(dict)) net.set(name, { dtype: 'float32', shape: [data.length], data });
    this.#loaded = true;
    this.#moved({ engine: { ...engine, net }, training });
    return { loaded: Object.keys(dict), missing: [], unexpected: [], mismatched: [] };
  }

  async train(data: Data, ...rest: readonly unknown[]): Promise<unknown> {
    const options = rest.at(-1) as Options;
    const { result, state } = await this.once('train', options, () => this.model.trained(this.state(), data, rest));
    this.#trained = true;
    this.#moved(state);
    this.standing = state;
    return result;
  }

  /** In a block a key is one call's of its kind. */
  protected override async once<T>(kind: string, { key }: Options, call: () => Promise<T>): Promise<T> {
    if (key !== undefined && this.#keys.has(`${kind} ${key}`)) fail('INVALID_OPTION');
    const result = await call();
    if (key !== undefined) this.#keys.add(`${kind} ${key}`);
    if (this.#setUp || this.#loaded || this.#trained) this.standing = this.state();
    return result;
  }
}

/** The options of an op, without those that say how it is called. */
function own(options: Options): unknown {
  const { signal, onDivergence, key, ...rest } = options;
  void [signal, onDivergence, key];
  return rest;
}

/** A digest of the oracle's own, of the same content. */
function digestOf({ engine, training }: State): string {
  const { loss, optimizer, epochScheduler, stepScheduler, loop, seed } = training;
  const tensors = [...engine.net, ...(engine.optimizer?.tensors ?? [])].map(([name, { data }]) => [name, [...data]]);
  const recipe = (of: object | null): unknown =>
    of && JSON.parse(JSON.stringify(of, (_, value: unknown) => textOf(value)));
  const parts = [loss, optimizer, epochScheduler, stepScheduler].map(recipe);
  const all = JSON.stringify([tensors, engine.optimizer?.scalars ?? null, parts, loop, seed]);
  return createHash('sha256').update(all).digest('hex');
}

function textOf(value: unknown): unknown {
  if (typeof value === 'function') return '(function)';
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
