import type { EngineState } from '../ports/engine.js';
import type { Hasher } from '../ports/hasher.js';
import type { Digest } from '../values/digest.js';
import type { Tensor, TensorData, Tensors } from '../values/tensor.js';
import { inlineBelow, partSize } from './tensor-store.js';

/** Digests of the parts of tensors that were hashed already. */
export type KnownDigests = ReadonlyMap<TensorData, readonly Digest[]>;

/**
 * A captured state that several may hold: a snapshot while it is stored, the best epoch. Its memory can be handed to another thread and comes back without a
 * copy; when nobody holds it any more, the engine gets the memory for later steps.
 */
export class Held {
  #engine: EngineState | null;
  #away: Promise<KnownDigests> | null = null;
  #holders = 1;
  readonly #recycle: ((memory: readonly ArrayBuffer[]) => void) | undefined;

  /** @param recycle takes memory that nobody reads any more */
  constructor(engine: EngineState, recycle?: (memory: readonly ArrayBuffer[]) => void) {
    this.#engine = engine;
    this.#recycle = recycle;
  }

  /** The tensors, once they are back. They are never written to while they are held. */
  async engine(): Promise<EngineState> {
    await this.#away;
    if (this.#engine === null) throw new Error('A captured state was used after it was given back: this is a bug.');
    return this.#engine;
  }

  /** Bytes of its tensors. */
  get size(): number {
    return this.#engine === null ? 0 : [...tensorsOf(this.#engine)].reduce((sum, { data }) => sum + data.byteLength, 0);
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
    if (this.#holders > 0 || this.#engine === null || this.#recycle === undefined) return;
    const read = inUse();
    const free = [...tensorsOf(this.#engine)]
      .map(({ data }) => data)
      .filter((data) => isWhole(data) && !read.has(data.buffer));
    this.#engine = null;
    this.#recycle([...new Set(free.map((data) => data.buffer as ArrayBuffer))]);
  }

  /**
   * Hashes the large tensors on another thread, which has their memory meanwhile. Those that are read elsewhere stay, and are not among the digests.
   * Asked again, it has them already.
   */
  digests(hasher: Hasher, inUse: ReadonlySet<ArrayBufferLike>): Promise<KnownDigests> {
    this.#away ??= this.#hash(hasher, inUse);
    return this.#away;
  }

  async #hash(hasher: Hasher, inUse: ReadonlySet<ArrayBufferLike>): Promise<KnownDigests> {
    const engine = this.#engine as EngineState;
    if (hasher.elsewhere === undefined) return new Map();
    const lendable = ({ data }: Tensor): boolean =>
      data.byteLength >= inlineBelow && isWhole(data) && !inUse.has(data.buffer);
    const lent = [...new Set([...tensorsOf(engine)].filter(lendable).map(({ data }) => data))];
    if (lent.length === 0) return new Map();
    const { memories, digests } = await hasher.elsewhere(
      lent.map((data) => data.buffer as ArrayBuffer),
      partSize,
    );
    const back = new Map(lent.map((data, i) => [data, over(data, memories[i] as ArrayBuffer)]));
    const restored = (tensors: Tensors): Tensors =>
      new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: back.get(tensor.data) ?? tensor.data }]));
    const { net, optimizer } = engine;
    this.#engine = {
      net: restored(net),
      optimizer: optimizer && { tensors: restored(optimizer.tensors), scalars: optimizer.scalars },
    };
    return new Map([...back.values()].map((data, i) => [data, digests[i] as readonly Digest[]]));
  }
}

function* tensorsOf({ net, optimizer }: EngineState): Generator<Tensor> {
  yield* net.values();
  if (optimizer !== null) yield* optimizer.tensors.values();
}

/** Whether an array is all of its memory, so that handing that over takes nothing else along. */
function isWhole(data: TensorData): boolean {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength && data.byteLength > 0;
}

function over(data: TensorData, memory: ArrayBuffer): TensorData {
  const kind = data.constructor as new (memory: ArrayBuffer) => TensorData;
  return new kind(memory);
}
