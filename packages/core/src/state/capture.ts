import type { StateDicts } from '../callbacks/stateful.js';
import { RepriseError } from '../errors/base.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { EngineState, LoadedNet, NetDescription } from '../ports/engine.js';
import type { Hasher } from '../ports/hasher.js';
import type { StateRow } from '../ports/op-log.js';
import type { Digest, StateDigest } from '../values/digest.js';
import type { Tensor, Tensors } from '../values/tensor.js';
import {
  blobsOfManifest,
  decodeManifest,
  encodeManifest,
  type Manifest,
  manifestVersion,
  type StoredScheduler,
} from './manifest.js';
import type { KnownDigests } from './held.js';
import type { FunctionRegistry } from './stored-recipe.js';
import { loadStateDicts, storeStateDicts, tensorsIn } from './stored-state-dicts.js';
import { largeParts, loadTensor, storeTensor, type StoredTensor } from './tensor-store.js';
import type { SchedulerState, TrainingState } from './training-state.js';

/** A state in memory: tensors that are never written to again, and the rest as data. */
export interface CapturedState {
  readonly engine: EngineState;
  readonly training: TrainingState;
}

/** What a state is stored with. */
export interface Saving {
  readonly blobs: BlobStore;
  readonly hasher: Hasher;
  readonly functions: FunctionRegistry;
  /** Digests of tensors that were made already. */
  readonly known?: KnownDigests | undefined;
  /** Whether there was a look at the space, and what is known was stored already. Default false. */
  readonly begun?: boolean;
}

/**
 * Stores a captured state; resolves when its manifest and all it names are durable.
 * Costs a hash of every tensor that isn't known, and a write of those that the store lacks.
 * @throws StoreError `DISK_FULL` before anything is written, where it doesn't fit; what fails later leaves nothing behind
 */
export async function saveState(
  { engine, training }: CapturedState,
  netRecipe: Digest,
  { blobs, hasher, functions, known, begun = false }: Saving,
): Promise<StateRow> {
  const more = tensorsIn(training.statefuls);
  if (!begun || more.length > 0) await requireSpace(engine, { blobs, hasher, known }, more);
  const put: Promise<Digest>[] = [];
  const noting: Putting = {
    put: (bytes, digest) => {
      const storing = blobs.put(bytes, digest);
      put.push(storing);
      return storing;
    },
  };
  try {
    return await putManifest(await manifestOf({ engine, training }, netRecipe, noting, functions, known), blobs);
  } catch (error) {
    // What another state names is refused. Space may be what is lacking.
    const ended = await Promise.allSettled(put);
    const stored = ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const before = begun ? [...(known?.values() ?? [])].flat() : [];
    await blobs.free([...stored, ...before]).catch(() => 0);
    throw error;
  }
}

type Putting = Pick<BlobStore, 'put'>;

/** A captured state as data, its tensors by their digests. Nothing is stored. Costs a hash of every tensor. */
export function nameState(
  captured: CapturedState,
  netRecipe: Digest,
  hasher: Hasher,
  functions: FunctionRegistry,
): Promise<Manifest> {
  return manifestOf(captured, netRecipe, { put: async (bytes) => hasher.digest(bytes) }, functions);
}

/** A captured state as data, once its tensors were put. */
async function manifestOf(
  { engine, training }: CapturedState,
  netRecipe: Digest,
  blobs: Putting,
  functions: FunctionRegistry,
  known?: KnownDigests,
): Promise<Manifest> {
  const [net, optimizer, statefuls] = await Promise.all([
    storeAll(engine.net, blobs, known),
    engine.optimizer === null ? null : storeAll(engine.optimizer.tensors, blobs, known),
    storeStateDicts(training.statefuls, blobs),
  ]);
  return {
    version: manifestVersion,
    net: { recipe: netRecipe, fresh: false, tensors: net },
    loss: training.loss && (await functions.store(training.loss)),
    optimizer: training.optimizer && {
      recipe: await functions.store(training.optimizer),
      state: engine.optimizer && optimizer && { tensors: optimizer, scalars: engine.optimizer.scalars },
    },
    epochScheduler: training.epochScheduler && (await storeScheduler(training.epochScheduler, functions)),
    stepScheduler: training.stepScheduler && (await storeScheduler(training.stepScheduler, functions)),
    loop: training.loop,
    rng: { seed: training.seed },
    ...(statefuls === undefined ? {} : { statefuls }),
  };
}

/**
 * Whether a state fits on the disk. Only where it might not it is worth finding out what is stored already.
 * @param more tensors beside the engine's
 * @throws StoreError `DISK_FULL`
 */
export async function requireSpace(
  { net, optimizer }: EngineState,
  { blobs, hasher, known }: Omit<Saving, 'functions'>,
  more: readonly Tensor[] = [],
): Promise<void> {
  const tensors = [...net.values(), ...(optimizer?.tensors.values() ?? []), ...more];
  const all = tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
  try {
    await blobs.requireSpace(all);
  } catch {
    const parts = tensors.flatMap((tensor) =>
      largeParts(tensor, (bytes) => hasher.digest(bytes), known?.get(tensor.data)),
    );
    const sizes = new Map(parts.map(({ digest, size }) => [digest, size]));
    for (const digest of sizes.keys()) if (await blobs.has(digest)) sizes.delete(digest);
    const lacking = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (lacking > 0) await blobs.requireSpace(lacking);
  }
}

export async function putManifest(manifest: Manifest, blobs: BlobStore): Promise<StateRow> {
  const digest = (await blobs.put(encodeManifest(manifest))) as StateDigest;
  return { digest, blobs: [digest, ...blobsOfManifest(manifest)] };
}

/** @throws StoreError `BLOB_MISSING`, `BLOB_CORRUPT` */
export async function readManifest(digest: StateDigest, blobs: BlobStore): Promise<Manifest> {
  return decodeManifest(await blobs.get(digest));
}

/**
 * Rebuilds a state in a fixed order: the net's parameters and buffers, the optimizer's state, then schedulers and the loop.
 * The engine is given all of it at once, so that nothing can see it half restored.
 */
export async function restoreState(
  manifest: Manifest,
  net: LoadedNet,
  blobs: BlobStore,
  functions: FunctionRegistry,
): Promise<TrainingState> {
  const statefuls = await loadStateDicts(manifest.statefuls, blobs);
  const training = reviveTraining(manifest, functions, statefuls);
  net.restore(await loadEngineState(manifest, net, blobs, functions));
  return training;
}

/** The tensors of a state, the fresh ones made from its seed. */
export async function loadEngineState(
  manifest: Manifest,
  net: LoadedNet,
  blobs: BlobStore,
  functions: FunctionRegistry,
): Promise<EngineState> {
  const parameters = await loadNet(manifest, net.description, blobs, async (seed) => net.initialize(seed));
  if (manifest.optimizer === null) return { net: parameters, optimizer: null };
  const { recipe, state } = manifest.optimizer;
  const optimizer =
    state === null
      ? net.freshOptimizer(functions.revive(recipe, 'optimizer'))
      : { tensors: await loadAll(state.tensors, blobs), scalars: state.scalars };
  return { net: parameters, optimizer };
}

/**
 * The tensors of a state's net.
 * @param initialize makes those that a seed stands for; asked where there are some
 */
export async function loadNet(
  manifest: Manifest,
  description: NetDescription,
  blobs: BlobStore,
  initialize: (seed: number) => Promise<ReadonlyMap<string, Tensor>>,
): Promise<Tensors> {
  const parameters = await loadAll(manifest.net.tensors, blobs);
  const missing = description.parameters.filter(({ name }) => !parameters.has(name));
  if (missing.length > 0) {
    if (!manifest.net.fresh) throw incomplete(description, missing[0]?.name ?? '');
    const initial = await initialize(manifest.rng.seed);
    for (const { name } of missing) parameters.set(name, initial.get(name) as Tensor);
  }
  return parameters;
}

/** The row of a stored state. */
export async function rowOf(digest: StateDigest, blobs: BlobStore): Promise<StateRow> {
  return { digest, blobs: [digest, ...blobsOfManifest(await readManifest(digest, blobs))] };
}

/** The part of a state that isn't tensors. A component is asked for its functions when it is used: a prediction needs no loss. */
function reviveTraining(
  manifest: Manifest,
  functions: FunctionRegistry,
  statefuls: StateDicts | undefined,
): TrainingState {
  const scheduler = (component: 'epochScheduler' | 'stepScheduler'): SchedulerState | null => {
    const stored = manifest[component];
    return stored && { recipe: functions.revive(stored.recipe, component), state: stored.state };
  };
  return {
    get loss() {
      return manifest.loss && functions.revive(manifest.loss, 'loss');
    },
    optimizer: manifest.optimizer && functions.revive(manifest.optimizer.recipe, 'optimizer'),
    get epochScheduler() {
      return scheduler('epochScheduler');
    },
    get stepScheduler() {
      return scheduler('stepScheduler');
    },
    loop: manifest.loop,
    seed: manifest.rng.seed,
    ...(statefuls === undefined ? {} : { statefuls }),
  };
}

async function storeScheduler(scheduler: SchedulerState, functions: FunctionRegistry): Promise<StoredScheduler> {
  return { recipe: await functions.store(scheduler.recipe), state: scheduler.state };
}

async function storeAll(
  tensors: Tensors,
  blobs: Putting,
  known?: KnownDigests,
): Promise<{ [name: string]: StoredTensor }> {
  const stored = await Promise.all(
    [...tensors].map(
      async ([name, tensor]) => [name, await storeTensor(tensor, blobs, known?.get(tensor.data))] as const,
    ),
  );
  return Object.fromEntries(stored);
}

async function loadAll(
  stored: { readonly [name: string]: StoredTensor },
  blobs: BlobStore,
): Promise<Map<string, Tensor>> {
  const loaded = await Promise.all(
    Object.entries(stored).map(async ([name, tensor]) => [name, await loadTensor(tensor, blobs)] as const),
  );
  return new Map(loaded);
}

function incomplete(net: NetDescription, name: string): RepriseError {
  return new RepriseError(
    'STORE_CORRUPT',
    `The state lacks the parameter '${name}' of the ${net.engine} net, though it says that it is complete. ` +
      'npx reprise verify --full says what else is wrong, and npx reprise repair mends it.',
  );
}
