import type { BlobStore, Digest, Hasher } from '@reprise/core';

export interface BlobStoreFixture {
  /** Empty. */
  readonly blobs: BlobStore;
  /** The one that the store uses. */
  readonly hasher: Hasher;
  /** Changes what the store keeps for a digest, behind its back: to other bytes, or to nothing at all. */
  damage(digest: Digest, bytes: Uint8Array | null): Promise<void>;
}

/** Bytes that differ for different seeds. */
export function bytesFrom(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (state * 1664525 + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export async function listed(blobs: BlobStore): Promise<ReadonlyMap<Digest, number>> {
  const found = new Map<Digest, number>();
  for await (const { digest, size } of blobs.list()) {
    if (found.has(digest)) throw new Error(`${digest} is listed twice`);
    found.set(digest, size);
  }
  return found;
}
