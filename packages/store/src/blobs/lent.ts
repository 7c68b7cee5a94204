import type { Digest } from '@reprise/core';
import type { Publisher } from '../files/publisher.js';
import type { DiskHasher } from '../hasher.js';
import { blobPath } from '../layout.js';
import type { Layout } from '../layout.js';
import type { BlobRows } from './blob-rows.js';
import type { BlobFile } from './remove-files.js';

/** A blob that is a part of a piece of memory. */
export interface LentPart {
  readonly digest: Digest;
  readonly offset: number;
  readonly size: number;
}

export interface Lending {
  /** Whose threads write. Null where only this one can reach the files. */
  readonly hasher: DiskHasher | null;
  readonly publisher: Publisher;
  readonly layout: Layout;
  readonly rows: BlobRows;
  readonly fileOf: (path: string) => BlobFile;
}

/**
 * Publishes parts of memory from another thread, which has the memory meanwhile, and records them together. Returns the memory, and what failed: those
 * that were stored before are freed again then.
 */
export async function publishLent(
  memories: readonly ArrayBuffer[],
  parts: readonly (readonly LentPart[])[],
  { hasher, publisher, layout, rows, fileOf }: Lending,
): Promise<{ readonly memories: readonly ArrayBuffer[]; readonly failure: unknown }> {
  const files = parts.map((list) =>
    list.map((part) => {
      const { folder, file: path } = blobPath(layout, part.digest);
      return { ...part, to: { temporary: publisher.temporaryName(), folder, path } };
    }),
  );
  try {
    await Promise.all(files.flatMap((list) => list.map(({ to }) => publisher.folder(to.folder))));
  } catch (failure) {
    return { memories, failure };
  }
  const writing = hasher?.writeElsewhere(memories, files) ?? writeHere(memories, files, publisher);
  const outcomes = await Promise.allSettled(
    files.flatMap((list, i) =>
      list.map(async ({ digest, offset, size, to }, j) => {
        let again = false;
        await rows.add(digest, size, fileOf(to.path), async () => {
          const { memories: back, written, failure } = await writing;
          if (j >= (written[i] as number)) throw failure as Error;
          // Another process deleted it before its row was there.
          if (again) await publisher.publish(to.path, new Uint8Array(back[i] as ArrayBuffer, offset, size));
          again = true;
        });
        return digest;
      }),
    ),
  );
  const { memories: back } = await writing;
  const failed = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed === undefined) return { memories: back, failure: null };
  const stored = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  await rows.free(stored, (digest) => fileOf(blobPath(layout, digest).file)).catch(() => 0);
  return { memories: back, failure: failed.reason as unknown };
}

async function writeHere(
  memories: readonly ArrayBuffer[],
  files: readonly (readonly (LentPart & { readonly to: { readonly path: string } })[])[],
  publisher: Publisher,
): ReturnType<DiskHasher['writeElsewhere']> {
  const written = memories.map(() => 0);
  try {
    for (const [i, memory] of memories.entries()) {
      for (const { offset, size, to } of files[i] ?? []) {
        await publisher.publish(to.path, new Uint8Array(memory, offset, size));
        written[i] = (written[i] as number) + 1;
      }
    }
    return { memories, written, failure: null };
  } catch (error) {
    return { memories, written, failure: error as Error };
  }
}
