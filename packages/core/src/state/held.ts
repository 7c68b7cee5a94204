import type { BlobStore } from '../ports/blob-store.js';
import type { EngineState } from '../ports/engine.js';
import type { Hasher } from '../ports/hasher.js';
import type { Digest } from '../values/digest.js';
import type { Tensor, TensorData, Tensors } from '../values/tensor.js';
import { inlineBelow, partSize } from './tensor-store.js';

/** Digests of the parts of tensors that were hashed already. */
export type KnownDigests = ReadonlyMap<TensorData, readonly Digest[]>;

/** How many captured states a piece of memory is in: frozen parameters are in all of them. */
const states = new WeakMap<ArrayBufferLike, number>();

/**
 * A captured state that several may hold: a snapshot while it is stored, the best epoch, what a train goes back to where it throws. Memory that is in no
 * other one, and that the engine doesn't read, can be handed to another thread, and comes back without a copy; when nobody holds the state any more, the engine
 * gets that memory for later steps. Who is given one and keeps it calls `share`, and `drop` when done.
 */
export class Held {
  /** Bytes of its tensors. */
  readonly size: number;
  #engine: EngineState | null;
  #away: Promise<KnownDigests> | null = null;
  #holders = 1;
  readonly #recycle: ((memory: readonly ArrayBuffer[]) => void) | undefined;

  /** @param recycle takes memory that nobody reads any more */
  constructor(engine: EngineState, recycle?: (memory: readonly ArrayBuffer[]) => void) {
    this.#engine = engine;
    this.#recycle = recycle;
    this.size = [...tensorsOf(engine)].reduce((sum, { data }) => sum + data.byteLength, 0);
    for (const memory of memoryOf(engine)) states.set(memory, (states.get(memory) ?? 0) + 1);
  }

  /** The tensors, once they are back. They are never written to while they are held. */
  async engine(): Promise<EngineState> {
    await this.#away;
    if (this.#engine === null) throw new Error('A captured state was used after it was given back: this is a bug.');
    return this.#engine;
  }

  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /** Somebody else holds it too. */
  share(): void {
    this.#holders++;
  }

  /** One of those who hold it is done with it. @param inUse memory that is read elsewhere */
  drop(inUse: () => ReadonlySet<ArrayBufferLike>): void {
    this.#holders--;
    const engine = this.#engine;
    if (this.#holders > 0 || engine === null) return;
    this.#engine = null;
    const read = inUse();
    const free = new Set<ArrayBuffer>();
    for (const memory of memoryOf(engine)) {
      const left = (states.get(memory) ?? 1) - 1;
      states.set(memory, left);
      if (left === 0 && memory instanceof ArrayBuffer && !read.has(memory)) free.add(memory);
    }
    const partly = [...tensorsOf(engine)].filter(({ data }) => !isWhole(data));
    for (const { data } of partly) free.delete(data.buffer as ArrayBuffer);
    this.#recycle?.([...free]);
  }

  /**
   * Hashes the large tensors on another thread, which has their memory meanwhile. Those that are read elsewhere stay, and are not among the digests.
   * Asked again, it has them already.
   */
  digests(hasher: Hasher, inUse: ReadonlySet<ArrayBufferLike>): Promise<KnownDigests> {
    this.#away ??= this.#hash(hasher, inUse);
    return this.#away;
  }

  /**
   * Stores what was hashed, from another thread, which has the memory meanwhile. Returns the digests anew: they are of the memory that came back.
   * @throws what `BlobStore.put` throws; the memory is back then, too
   */
  async store(blobs: BlobStore, inUse: ReadonlySet<ArrayBufferLike>): Promise<KnownDigests> {
    const known = (await this.#away) ?? new Map<TensorData, readonly Digest[]>();
    const lent = lendable([...known.keys()], inUse);
    if (blobs.putElsewhere === undefined || lent.length === 0) return known;
    const digests = lent.map((data) => known.get(data) as readonly Digest[]);
    const putting = blobs.putElsewhere(memoriesOf(lent), digests, partSize);
    const away = putting.then(({ memories }) => {
      const back = this.#takeBack(lent, memories);
      return new Map([...known].map(([data, parts]) => [back.get(data) ?? data, parts]));
    });
    this.#away = away;
    // Where the memory doesn't come back, whoever wants it is told.
    const returned = await away;
    const { failure } = await putting;
    if (failure !== null) throw failure as Error;
    return returned;
  }

  async #hash(hasher: Hasher, inUse: ReadonlySet<ArrayBufferLike>): Promise<KnownDigests> {
    const engine = this.#engine as EngineState;
    if (hasher.elsewhere === undefined) return new Map();
    const all = new Set([...tensorsOf(engine)].map(({ data }) => data));
    const lent = lendable([...all], inUse).filter(({ byteLength }) => byteLength >= inlineBelow);
    if (lent.length === 0) return new Map();
    const { memories, digests } = await hasher.elsewhere(memoriesOf(lent), partSize);
    const back = this.#takeBack(lent, memories);
    return new Map([...back.values()].map((data, i) => [data, digests[i] as readonly Digest[]]));
  }

  /** Puts arrays over memory that came back in the place of those that were lent. */
  #takeBack(lent: readonly TensorData[], memories: readonly ArrayBuffer[]): ReadonlyMap<TensorData, TensorData> {
    for (const memory of memories) states.set(memory, 1);
    const back = new Map(lent.map((data, i) => [data, over(data, memories[i] as ArrayBuffer)]));
    const restored = (tensors: Tensors): Tensors =>
      new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: back.get(tensor.data) ?? tensor.data }]));
    if (this.#engine === null) return back;
    const { net, optimizer } = this.#engine;
    this.#engine = {
      net: restored(net),
      optimizer: optimizer && { tensors: restored(optimizer.tensors), scalars: optimizer.scalars },
    };
    return back;
  }
}

/** Those whose memory nobody else reads: neither the engine, nor another captured state, nor another array of this one. */
function lendable(all: readonly TensorData[], inUse: ReadonlySet<ArrayBufferLike>): readonly TensorData[] {
  const arrays = new Map<ArrayBufferLike, number>();
  for (const { buffer } of all) arrays.set(buffer, (arrays.get(buffer) ?? 0) + 1);
  return all.filter(
    (data) =>
      isWhole(data) && !inUse.has(data.buffer) && states.get(data.buffer) === 1 && arrays.get(data.buffer) === 1,
  );
}

function memoriesOf(all: readonly TensorData[]): readonly ArrayBuffer[] {
  return all.map(({ buffer }) => buffer as ArrayBuffer);
}

function* tensorsOf({ net, optimizer }: EngineState): Generator<Tensor> {
  yield* net.values();
  if (optimizer !== null) yield* optimizer.tensors.values();
}

function memoryOf(engine: EngineState): ReadonlySet<ArrayBufferLike> {
  return new Set([...tensorsOf(engine)].map(({ data }) => data.buffer));
}

/** Whether an array is all of its memory, so that handing that over takes nothing else along. */
function isWhole(data: TensorData): boolean {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength && data.byteLength > 0;
}

function over(data: TensorData, memory: ArrayBuffer): TensorData {
  const kind = data.constructor as new (memory: ArrayBuffer) => TensorData;
  return new kind(memory);
}
