import { RepriseError } from '../errors/base.js';
import type { BatchTypes, Engine, EngineState, LayerDescription, LoadedNet, NetDescription } from '../ports/engine.js';
import type { ModelRow, StateRow } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import {
  type CapturedState,
  loadEngineState,
  loadNet,
  nameState,
  readManifest,
  requireSpace,
  restoreState,
  saveState,
} from '../state/capture.js';
import type { Manifest } from '../state/manifest.js';
import type { Held, KnownDigests } from '../state/held.js';
import type { FunctionRegistry } from '../state/stored-recipe.js';
import { AcceptedFunctions } from './accepted-functions.js';
import type { TrainingState } from '../state/training-state.js';
import type { Digest, StateDigest } from '../values/digest.js';
import { byteSize, type Tensors } from '../values/tensor.js';

export interface ThreadSettings {
  /** As the user asked; undefined where not. */
  readonly asked: number | undefined;
  /** Whether going on with another number than recorded was agreed to. */
  readonly mayChange: boolean;
  readonly available: number;
}

/** The engine's net, loaded when something first needs its tensors, and what state it holds. */
export class LiveNet {
  readonly #engine: Pick<Engine, 'load' | 'name' | 'layers'>;
  readonly #description: NetDescription;
  readonly #recipe: Digest;
  readonly #store: Store;
  readonly #functions: FunctionRegistry;
  readonly #threads: ThreadSettings;
  readonly #model: string;
  readonly accepted: AcceptedFunctions;
  #net: LoadedNet | null = null;
  #count: number | null = null;
  #holds: { readonly state: StateDigest; readonly training: TrainingState } | null = null;

  constructor(options: {
    readonly engine: Pick<Engine, 'load' | 'name'>;
    readonly description: NetDescription;
    readonly recipe: Digest;
    readonly store: Store;
    readonly functions: FunctionRegistry;
    readonly threads: ThreadSettings;
    readonly model: string;
  }) {
    this.#engine = options.engine;
    this.#description = options.description;
    this.#recipe = options.recipe;
    this.#store = options.store;
    this.#functions = options.functions;
    this.#threads = options.threads;
    this.#model = options.model;
    this.accepted = new AcceptedFunctions(options.store.blobs, options.functions);
  }

  /**
   * The net, with the number of threads that the model was recorded with, since bits depend on it.
   * @throws RepriseError `THREADS_CHANGED`, `INSTALL`
   */
  async load(): Promise<LoadedNet> {
    if (this.#net !== null) return this.#net;
    const row = await this.#store.log.model(this.#model);
    const threads = this.#chooseThreads(row?.threads ?? null);
    this.#count = threads;
    const net = await this.#engine.load(this.#description, { threads });
    if (row !== undefined && row.threads !== threads)
      await this.#store.log.putModel({ ...row, threads } satisfies ModelRow);
    this.#net = net;
    return net;
  }

  /** Brings a recorded state into the engine; costs nothing where it is there. */
  async at(state: StateDigest): Promise<{ readonly net: LoadedNet; readonly training: TrainingState }> {
    const net = await this.load();
    if (this.#holds?.state !== state) {
      const manifest = await readManifest(state, this.#store.blobs);
      if (manifest.net.recipe !== this.#recipe) throw otherNet(this.#model);
      await this.accepted.prepare(manifest);
      this.#holds = null;
      this.#holds = { state, training: await restoreState(manifest, net, this.#store.blobs, this.#functions) };
    }
    return { net, training: this.#holds.training };
  }

  /** How many threads it computes with, or would. @throws RepriseError `THREADS_CHANGED` */
  async threads(): Promise<number> {
    this.#count ??= this.#chooseThreads((await this.#store.log.model(this.#model))?.threads ?? null);
    return this.#count;
  }

  /** The tensors of a recorded state, which the engine goes on without. */
  async engineStateOf(state: StateDigest): Promise<EngineState> {
    const { blobs } = this.#store;
    return loadEngineState(await readManifest(state, blobs), await this.load(), blobs, this.#functions);
  }

  /** The tensors of the net of a recorded state. Loads the engine only where the state is still that of a seed. */
  async netOf(state: StateDigest): Promise<Tensors> {
    const { blobs } = this.#store;
    const manifest = await readManifest(state, blobs);
    if (manifest.net.recipe !== this.#recipe) throw otherNet(this.#model);
    return loadNet(manifest, this.#description, blobs, async (seed) => (await this.load()).initialize(seed));
  }

  /** Brings a captured state into the engine. */
  async atCaptured(captured: CapturedState): Promise<{ readonly net: LoadedNet; readonly training: TrainingState }> {
    const net = await this.load();
    this.#holds = null;
    net.restore(captured.engine);
    return { net, training: captured.training };
  }

  /** To be called before anything moves the engine's state: it no longer holds what it was given. */
  moves(): void {
    this.#holds = null;
  }

  /** The engine's state, never written to again, with the training state that belongs to it. */
  async capture(training: TrainingState): Promise<CapturedState> {
    return { engine: (await this.load()).capture(), training };
  }

  /** Stores a captured state; the engine holds it if it was the last one captured. */
  async save(captured: CapturedState, live: boolean): Promise<StateRow> {
    const row = await saveState(captured, this.#recipe, {
      blobs: this.#store.blobs,
      hasher: this.#store.hasher,
      functions: this.#functions,
    });
    if (live) this.#holds = { state: row.digest, training: captured.training };
    return row;
  }

  /** A captured state as data, its tensors by their digests. Nothing is stored. */
  nameState(captured: CapturedState): Promise<Manifest> {
    return nameState(captured, this.#recipe, this.#store.hasher, this.#functions);
  }

  /** Stores a state that training holds. Memory that the engine no longer reads is hashed and written by another thread. */
  async saveHeld(held: Held, training: TrainingState): Promise<StateRow> {
    const { hasher, blobs } = this.#store;
    const known = await this.#storeElsewhere(held);
    const captured = { engine: await held.engine(), training };
    const saving = { blobs, hasher, functions: this.#functions };
    return saveState(captured, this.#recipe, known === null ? saving : { ...saving, known, begun: true });
  }

  /** The digests of what another thread has stored; null where that can't be. */
  async #storeElsewhere(held: Held): Promise<KnownDigests | null> {
    if (this.#net?.inUse === undefined) return null;
    const { hasher, blobs } = this.#store;
    const known = await held.digests(hasher, this.inUse());
    await requireSpace(await held.engine(), { blobs, hasher, known });
    return held.store(blobs, this.inUse());
  }

  /** The net's layers, as the engine tells them; undefined where it doesn't. */
  async layers(batch?: BatchTypes): Promise<readonly LayerDescription[] | undefined> {
    return this.#engine.layers?.(this.#description, batch);
  }

  /** Bytes of the net's parameters and buffers. */
  get size(): number {
    return this.#description.parameters.reduce((sum, { dtype, shape }) => sum + byteSize(dtype, shape), 0);
  }

  /** The memory that the engine reads. */
  inUse(): ReadonlySet<ArrayBufferLike> {
    return this.#net?.inUse?.() ?? new Set();
  }

  async dispose(): Promise<void> {
    const net = this.#net;
    this.#net = null;
    this.#holds = null;
    await net?.dispose();
  }

  #chooseThreads(recorded: number | null): number {
    const { asked, mayChange, available } = this.#threads;
    if (recorded === null) return asked ?? available;
    if (asked === undefined || asked === recorded || mayChange) return asked ?? recorded;
    throw new RepriseError(
      'THREADS_CHANGED',
      `Model '${this.#model}' was recorded with ${recorded} threads and is opened with threads: ${asked}. ` +
        'The bits of a result depend on the number of threads, so what is computed now would not be what the record would have been. ' +
        `Leave \`threads\` out to go on with ${recorded}, or add \`allowThreadChange: true\` to go on with ${asked}.`,
    );
  }
}

/** The last guard: a state is never computed with in another net than its own. */
function otherNet(model: string): RepriseError {
  return new RepriseError(
    'NET_CHANGED',
    `The state that model '${model}' is asked to go on from belongs to another net than the one that Model.open built. ` +
      'Undo the change of the net, or run the block of the checkpoint, which says what changed.',
  );
}
