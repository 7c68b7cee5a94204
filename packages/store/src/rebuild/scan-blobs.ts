import { join } from 'node:path';
import { blobsOfState, isDigest, RepriseError } from '@reprise/core';
import type { Digest, Hasher, OnProgress, StateDigest } from '@reprise/core';
import type { FileSystem } from '../files/file-system.js';
import type { Layout } from '../layout.js';
import { type CallBlob, decodeCall } from '../log/call-blob.js';

/** What a folder of blobs holds. */
export interface Scan {
  readonly blobs: readonly { readonly digest: Digest; readonly size: number }[];
  readonly calls: readonly { readonly digest: Digest; readonly call: CallBlob }[];
  /** What blobs name that can be manifests. */
  readonly manifests: ReadonlyMap<StateDigest, readonly Digest[]>;
  readonly damaged: readonly string[];
}

/** A manifest has small tensors in it: larger ones are elsewhere. */
const largestManifest = 64 * 1024 * 1024;

/** Reads every blob once: its bytes have to be those of its name. */
export async function scanBlobs(
  fileSystem: FileSystem,
  layout: Layout,
  hasher: Hasher,
  onProgress: OnProgress,
): Promise<Scan> {
  const blobs: { digest: Digest; size: number }[] = [];
  const calls: { digest: Digest; call: CallBlob }[] = [];
  const manifests = new Map<StateDigest, readonly Digest[]>();
  const damaged: string[] = [];
  const folders = (await fileSystem.list(layout.blobs)).filter((name) => /^[0-9a-f]{2}$/.test(name)).toSorted();
  for (const [at, folder] of folders.entries()) {
    for (const name of await fileSystem.list(join(layout.blobs, folder))) {
      const digest = `${hasher.algorithm}-${name}`;
      const path = join(layout.blobs, folder, name);
      const info = fileSystem.lookNow(path);
      if (!isDigest(digest) || !name.startsWith(folder) || info === undefined || info.isFolder) continue;
      const bytes = await fileSystem.read(path, info.size);
      if (hasher.digest(bytes) !== digest) {
        damaged.push(path);
        continue;
      }
      blobs.push({ digest, size: bytes.byteLength });
      const call = decodeCall(bytes);
      if (call !== undefined) calls.push({ digest, call });
      else if (bytes.byteLength <= largestManifest) noteManifest(manifests, digest, bytes);
    }
    onProgress({ what: 'folders of blobs', done: at + 1, total: folders.length });
  }
  return { blobs, calls, manifests, damaged };
}

function noteManifest(manifests: Map<StateDigest, readonly Digest[]>, digest: Digest, bytes: Uint8Array): void {
  // A manifest is a map: its first byte says so. Most tensors end here.
  const first = bytes[0] ?? 0;
  if ((first & 0xf0) !== 0x80 && first !== 0xde && first !== 0xdf) return;
  try {
    manifests.set(digest as StateDigest, blobsOfState(bytes));
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
  }
}
