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

it('names no blob that was deleted after it was found stored: the commit is refused, and storing it again helps', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const [store, other] = [await openStore(folder), await openStore(folder)];
  const digest = (await other.blobs.put(bytes)) as StateDigest;
  expect(await store.blobs.put(bytes)).toBe(digest);
  expect(await other.blobs.delete(digest)).toBe(true);
  const commit = { states: [{ digest, blobs: [] }] };
  await expect(store.log.commit(commit)).rejects.toMatchObject({ code: 'DANGLING_REFERENCE' });
  await store.blobs.put(bytes);
  await store.log.commit(commit);
  await expect(other.blobs.delete(digest)).rejects.toMatchObject({ code: 'DANGLING_REFERENCE' });
  expect(await other.blobs.get(digest)).toEqual(bytes);
  await Promise.all([store.close(), other.close()]);
});

it('counts the bytes that were new', async () => {
  const store = await openStore(join(await temporaryFolder(), '.reprise'));
  await store.blobs.put(bytes);
  await store.blobs.put(bytes);
  expect(store.blobs.written).toBe(3);
  await store.close();
});
