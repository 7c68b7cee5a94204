import { join } from 'node:path';
import type { StateDigest } from '@reprise/core';
import { expect, it } from 'vitest';
import { nodeFileSystem } from '../src/files/node-file-system.js';
import { createHasher, openStore } from '../src/index.js';
import { blobPath, layoutOf } from '../src/layout.js';
import { openStoreWith } from '../src/open-store.js';
import { driver } from './checking-driver.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();
const bytes = Uint8Array.of(1, 2, 3);

it('publishes a blob again that another process deleted between its file and its row', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const other = await openStore(folder);
  const digest = await other.blobs.put(bytes);
  const { file } = blobPath(layoutOf(folder), digest);
  // Gone from its place, so that it is published again; the row is still the first one's.
  nodeFileSystem.removeNow(file);
  let renames = 0;
  const fileSystem = {
    ...nodeFileSystem,
    rename: async (from: string, to: string): Promise<void> => {
      await nodeFileSystem.rename(from, to);
      if (to === file && renames++ === 0) await other.blobs.delete(digest);
    },
  };
  const store = await openStoreWith({ fileSystem, drivers: [driver], hasher: createHasher }, folder);
  await store.blobs.put(bytes);
  expect(renames).toBe(2);
  expect(await store.blobs.get(digest)).toEqual(bytes);
  await Promise.all([store.close(), other.close()]);
});

it('deletes no blob that another writer has found stored, until that one is done', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const [store, other] = [await openStore(folder), await openStore(folder)];
  const digest = (await other.blobs.put(bytes)) as StateDigest;
  expect(await store.blobs.put(bytes)).toBe(digest);
  expect(await other.blobs.delete(digest)).toBe(false);
  await store.log.commit({ states: [{ digest, blobs: [] }] });
  await expect(other.blobs.delete(digest)).rejects.toMatchObject({ code: 'DANGLING_REFERENCE' });
  expect(await other.blobs.get(digest)).toEqual(bytes);
  await Promise.all([store.close(), other.close()]);
});

it('writes a blob again that was deleted between a look at it and the pin', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const other = await openStore(folder);
  const digest = await other.blobs.put(bytes);
  const { file } = blobPath(layoutOf(folder), digest);
  let looks = 0;
  const fileSystem = {
    ...nodeFileSystem,
    size: async (path: string): Promise<number | undefined> => {
      const size = await nodeFileSystem.size(path);
      if (path === file && looks++ === 0) expect(await other.blobs.delete(digest)).toBe(true);
      return size;
    },
  };
  const store = await openStoreWith({ fileSystem, drivers: [driver], hasher: createHasher }, folder);
  expect(await store.blobs.put(bytes)).toBe(digest);
  expect(looks).toBe(1);
  expect(await store.blobs.get(digest)).toEqual(bytes);
  expect(await other.blobs.delete(digest)).toBe(false);
  await Promise.all([store.close(), other.close()]);
});

it('deletes the row before the file: what is stopped in between leaves a file that nothing names', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const fileSystem = {
    ...nodeFileSystem,
    removeNow: () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'unlink' });
    },
  };
  const store = await openStoreWith({ fileSystem, drivers: [driver], hasher: createHasher }, folder);
  const digest = await store.blobs.put(bytes);
  await expect(store.blobs.delete(digest)).rejects.toMatchObject({ code: 'STORE_IO' });
  expect(await store.blobs.has(digest)).toBe(false);
  expect(await nodeFileSystem.size(blobPath(layoutOf(folder), digest).file)).toBe(3);
  expect(await store.blobs.put(bytes)).toBe(digest);
  expect(await store.blobs.get(digest)).toEqual(bytes);
  await store.close();
});

it('marks no blob as damaged that was deleted and stored anew while it was read', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const other = await openStore(folder);
  const digest = await other.blobs.put(bytes);
  const { file } = blobPath(layoutOf(folder), digest);
  const fileSystem = {
    ...nodeFileSystem,
    size: async (path: string): Promise<number | undefined> => {
      if (path !== file) return nodeFileSystem.size(path);
      await other.blobs.delete(digest);
      const size = await nodeFileSystem.size(path);
      await other.blobs.put(bytes);
      return size;
    },
  };
  const store = await openStoreWith({ fileSystem, drivers: [driver], hasher: createHasher }, folder);
  await expect(store.blobs.get(digest)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  expect(await other.blobs.has(digest)).toBe(true);
  await Promise.all([store.close(), other.close()]);
});

it('collects no file that was stored again between the end of its row and its own', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const first = await openStore(folder);
  const digest = await first.blobs.put(bytes);
  await first.close();
  const writer = await openStore(folder);
  let again = 0;
  const turn = async (): Promise<void> => {
    if (again > 0 || (await writer.blobs.has(digest))) return;
    again += 1;
    await writer.blobs.put(bytes);
  };
  const parts = { fileSystem: nodeFileSystem, drivers: [driver], hasher: createHasher, turn };
  const store = await openStoreWith(parts, folder);
  expect((await store.upkeep.collect({ grace: 0 })).freed.unreferenced.count).toBe(1);
  expect(again).toBe(1);
  expect(await writer.blobs.get(digest)).toEqual(bytes);
  await Promise.all([store.close(), writer.close()]);
});

it('counts the bytes that were new', async () => {
  const store = await openStore(join(await temporaryFolder(), '.reprise'));
  await store.blobs.put(bytes);
  await store.blobs.put(bytes);
  expect(store.blobs.written).toBe(3);
  await store.close();
});
