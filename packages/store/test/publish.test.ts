import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest, Store } from '@reprise/core';
import { StoreError } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { createHasher } from '../src/hasher.js';
import { blobPath, layoutOf } from '../src/layout.js';
import { openStoreWith } from '../src/open-store.js';
import { checkingDriver } from './checking-driver.js';
import { temporaryFolders } from './temporary-folder.js';
import { TrackedFileSystem } from './tracked-file-system.js';
import type { FaultMoment } from './tracked-file-system.js';

const temporaryFolder = temporaryFolders();
const bytes = new TextEncoder().encode('the bytes of a tensor');
const moments: readonly FaultMoment[] = ['before', 'after'];

interface Opened {
  readonly store: Store;
  readonly fs: TrackedFileSystem;
  readonly path: (digest: Digest) => string;
}

/** A store in which no row can be written for a blob that a power loss would take. */
async function open(folder: string, fs = new TrackedFileSystem()): Promise<Opened> {
  const layout = layoutOf(folder);
  const path = (digest: string): string => blobPath(layout, digest).file;
  const checking = checkingDriver((digest) => {
    if (!fs.isDurable(path(digest), folder))
      throw new Error(`The row of ${digest} comes before its bytes are durable.`);
  });
  const store = await openStoreWith({ fileSystem: fs, drivers: [checking], hasher: createHasher }, folder);
  return { store, fs, path };
}

async function digests(store: Store): Promise<readonly Digest[]> {
  const found: Digest[] = [];
  for await (const { digest } of store.blobs.list()) found.push(digest);
  return found.toSorted();
}

describe('publishing a blob', () => {
  it('writes, syncs and renames the file, then syncs its folders, then writes the row', async () => {
    const { store, fs } = await open(await temporaryFolder());
    fs.calls.length = 0;
    const digest = await store.blobs.put(bytes);
    const fan = digest.slice('blake3-'.length, 'blake3-'.length + 2);
    expect(fs.calls).toEqual([
      `makeFolder ${fan}`,
      'syncFolder blobs',
      'create',
      'write',
      'sync',
      'close',
      'rename',
      `syncFolder ${fan}`,
      'sizeNow',
    ]);
    await store.close();
  });

  it('makes every blob of many at once durable before its row', async () => {
    const { store, fs, path } = await open(await temporaryFolder());
    const all = Array.from({ length: 400 }, (_, i) => Uint8Array.of(i, i >> 8));
    const put = await Promise.all(all.map((one) => store.blobs.put(one)));
    expect(put.every((digest) => fs.isDurable(path(digest), store.location))).toBe(true);
    await store.close();
  });

  it('makes parts of memory that is handed over durable before their rows', async () => {
    const { store, fs, path } = await open(await temporaryFolder());
    const memory = new Uint8Array(300).map((_, i) => i % 251);
    const parts = [0, 100, 200].map((at) => store.hasher.digest(memory.subarray(at, at + 100)));
    const put = await store.blobs.putElsewhere?.([memory.buffer], [parts], 100);
    expect(put?.failure).toBeNull();
    expect(parts.every((digest) => fs.isDurable(path(digest), store.location))).toBe(true);
    fs.failAt(0, 'EIO', 'before');
    const other = await store.blobs.putElsewhere?.(
      [memory.slice(50).buffer],
      [[store.hasher.digest(memory.subarray(50))]],
      1000,
    );
    expect(other?.failure).toMatchObject({ code: 'STORE_IO' });
    await store.close();
  });

  it('leaves a read-only file by its digest, and nothing in tmp', async () => {
    const { store, path } = await open(await temporaryFolder());
    const digest = await store.blobs.put(bytes);
    const { mode, size } = await stat(path(digest));
    expect(mode & 0o777).toBe(0o444);
    expect(size).toBe(bytes.byteLength);
    expect(await readdir(join(store.location, 'tmp'))).toEqual([]);
    await store.close();
  });

  it('does not take a file without a row for a stored blob: it is replaced', async () => {
    const { store, path } = await open(await temporaryFolder());
    const digest = await store.blobs.put(bytes);
    await store.blobs.delete(digest);
    await writeFile(path(digest), 'left by a crash');
    expect(await store.blobs.has(digest)).toBe(false);
    await store.blobs.put(bytes);
    expect(await store.blobs.get(digest)).toEqual(bytes);
    await store.close();
  });

  it('writes again, unasked, what was cut off or lost since', async () => {
    const { store, fs, path } = await open(await temporaryFolder());
    const digest = await store.blobs.put(bytes);
    await fs.remove(path(digest));
    await store.blobs.put(bytes);
    expect(await store.blobs.get(digest)).toEqual(bytes);
    await store.close();
  });
});

describe('a failed call on a file', () => {
  const codes = [
    ['EIO', 'STORE_IO'],
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EROFS', 'STORE_READ_ONLY'],
    ['EACCES', 'STORE_READ_ONLY'],
  ] as const;

  describe.each(moments)('%s it did its work', (moment) => {
    it.each(codes)(
      '%s in a put is a typed error that leaves the store as it was, wherever it strikes',
      async (code, expected) => {
        const { store, fs } = await open(await temporaryFolder());
        const there = await store.blobs.put(Uint8Array.of(1));
        for (let at = 0; ; at++) {
          const fresh = new TextEncoder().encode(`tensor ${at}`);
          const digest = store.hasher.digest(fresh);
          fs.failAt(at, code, moment);
          const error: unknown = await store.blobs.put(fresh).catch((reason: unknown) => reason);
          if (fs.disarm()) {
            expect(at).toBeGreaterThan(4);
            break;
          }
          expect(error).toBeInstanceOf(StoreError);
          expect(error).toMatchObject({ code: expected, cause: { code } });
          expect((error as StoreError).path).toContain(digest.slice('blake3-'.length));
          expect(await store.blobs.has(digest)).toBe(false);
          expect(await digests(store)).toEqual([there]);
          expect(await readdir(join(store.location, 'tmp'))).toEqual([]);

          await store.blobs.put(fresh);
          expect(await store.blobs.get(digest)).toEqual(fresh);
          await store.blobs.delete(digest);
        }
        expect(fs.mostSyncsOfOneFile).toBe(1);
        await store.close();
      },
    );

    it('in opening a store is a typed error, wherever it strikes, and the store can be opened after', async () => {
      for (let at = 0; ; at++) {
        const folder = join(await temporaryFolder(), 'a', '.reprise');
        const fs = new TrackedFileSystem();
        fs.failAt(at, 'EROFS', moment);
        const result = await open(folder, fs).catch((reason: unknown) => reason);
        if (fs.disarm()) {
          expect(at).toBeGreaterThan(8);
          await (result as Opened).store.close();
          break;
        }
        expect(result).toBeInstanceOf(StoreError);
        expect(['STORE_READ_ONLY', 'STORE_IO']).toContain((result as StoreError).code);

        const { store } = await open(folder, fs);
        const digest = await store.blobs.put(bytes);
        expect(await store.blobs.get(digest)).toEqual(bytes);
        await store.close();
      }
    });
  });

  it('fails only the blobs that it concerns', async () => {
    const { store, fs } = await open(await temporaryFolder());
    const all = Array.from({ length: 40 }, (_, i) => Uint8Array.of(i));
    fs.failAt(150, 'EIO', 'before');
    const results = await Promise.allSettled(all.map((one) => store.blobs.put(one)));
    const failed = results.filter(({ status }) => status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(all.length);
    const stored = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(await digests(store)).toEqual(stored.toSorted());
    for (const digest of stored) expect(await store.blobs.get(digest)).toHaveLength(1);
    await store.close();
  });

  it('EIO in a read is an error of the disk, and says nothing about the blob', async () => {
    const { store, fs } = await open(await temporaryFolder());
    const digest = await store.blobs.put(bytes);
    for (const at of [0, 1]) {
      fs.failAt(at, 'EIO', 'before');
      await expect(store.blobs.get(digest)).rejects.toMatchObject({ code: 'STORE_IO' });
    }
    expect(await store.blobs.has(digest)).toBe(true);
    expect(await store.blobs.get(digest)).toEqual(bytes);
    await store.close();
  });
});
