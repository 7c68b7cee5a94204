import type { Digest } from '../values/digest.js';

/** Bytes, addressed by their digest. Safe to call concurrently; writing the same bytes twice stores them once. */
export interface BlobStore {
  /** Bytes that `put` has written since the store was opened: those that were new to it. */
  readonly written: number;
  /**
   * Stores bytes and returns their digest once they are durable. The bytes must not change until then.
   * Costs a hash of the bytes, and, where they are new, a write and an fsync. They are pinned for this process: garbage collection leaves them alone
   * until a commit that isn't in the background names them, or the store is closed.
   * @param known their digest, where it was made already
   * @throws StoreError `DISK_FULL`, `STORE_READ_ONLY`, `STORE_IO`: nothing was stored.
   */
  put(bytes: Uint8Array, known?: Digest): Promise<Digest>;
  /**
   * Stores the parts of pieces of memory, as `put` does each, from another thread: the memory is handed over without a copy, and detached until this
   * resolves with it, also where it could not be stored. Left out where there are no threads.
   * @param digests of the parts of each
   * @param part bytes of a part; the last may be shorter
   */
  putElsewhere?(
    memories: readonly ArrayBuffer[],
    digests: readonly (readonly Digest[])[],
    part: number,
  ): Promise<PutElsewhere>;
  /**
   * The bytes of a digest, verified. They are the caller's own.
   * @throws StoreError `BLOB_MISSING`, `BLOB_CORRUPT`
   */
  get(digest: Digest): Promise<Uint8Array>;
  /**
   * The bytes of several digests, one behind the other, verified: what `get` gives, without another copy, and hashed on other threads where there are
   * some.
   * @param memory to use instead of fresh memory, whose first touch is slow: of just their size together. It is detached meanwhile.
   * @throws StoreError `BLOB_MISSING`, `BLOB_CORRUPT`
   */
  getJoined(digests: readonly Digest[], memory?: ArrayBuffer): Promise<ArrayBuffer>;
  /** Pins stored bytes as `put` does. False where some are not stored, or not whole, any more. */
  pin(digests: readonly Digest[]): Promise<boolean>;
  /** Whether the bytes are recorded as durable, and were not found missing or corrupt since. One look-up, no read of the bytes. */
  has(digest: Digest): Promise<boolean>;
  /**
   * Whether so many bytes more can be stored, with some to spare for the log. A look at the file system.
   * @throws StoreError `DISK_FULL`
   */
  requireSpace(bytes: number): Promise<void>;
  /**
   * Forgets the digest, then frees its bytes. True where there was something to delete. For what nothing names
   * any more: a writer that found the digest stored and has not named it yet has to put it again. False, too, where another writer in flight has it pinned.
   * @throws StoreError `DANGLING_REFERENCE` where a recorded state names the digest.
   */
  delete(digest: Digest): Promise<boolean>;
  /** Deletes those of these that nothing names and no other writer has pinned. Returns how many. Files go one by one, between what else is done. */
  free(digests: readonly Digest[]): Promise<number>;
  /** Every digest recorded as durable, with its size in bytes, in no order. */
  list(): AsyncIterable<{ readonly digest: Digest; readonly size: number }>;
}

export interface PutElsewhere {
  /** The same memory, in the same order. */
  readonly memories: readonly ArrayBuffer[];
  /** What `put` would have thrown. Null where all is stored. */
  readonly failure: unknown;
}
