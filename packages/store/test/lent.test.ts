import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest, StateDigest, Store } from '@reprise/core';
import { expect, it } from 'vitest';
import { openStore } from '../src/index.js';
import { blobPath, layoutOf } from '../src/layout.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();

/** Four parts of a piece of memory. */
function lent(store: Store): { readonly memory: ArrayBuffer; readonly digests: readonly Digest[] } {
  const bytes = new Uint8Array(400).map((_, i) => i % 251);
  const digests = [0, 100, 200, 300].map((at) => store.hasher.digest(bytes.subarray(at, at + 100)));
  return { memory: bytes.buffer, digests };
}

async function listed(store: Store): Promise<readonly Digest[]> {
  const found: Digest[] = [];
  for await (const { digest } of store.blobs.list()) found.push(digest);
  return found;
}

it('gives the memory back where a part can’t be written, and keeps none of the others', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const store = await openStore(folder);
  const { memory, digests } = lent(store);
  const taken = blobPath(layoutOf(folder), digests[2] as Digest).file;
  await mkdir(taken, { recursive: true });
  const put = await store.blobs.putElsewhere?.([memory], [digests], 100);
  expect(put?.failure).toMatchObject({ code: 'STORE_IO' });
  expect(put?.memories[0]?.byteLength).toBe(400);
  expect(await listed(store)).toEqual([]);
  expect(await readdir(layoutOf(folder).temporary)).toEqual([]);
  expect(store.blobs.written).toBe(0);

  await rmdir(taken);
  const again = await store.blobs.putElsewhere?.(put?.memories ?? [], [digests], 100);
  expect(again?.failure).toBeNull();
  expect(await listed(store)).toEqual(digests.toSorted());
  await store.close();
});

it('keeps what was stored before, where the rest fails', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const store = await openStore(folder);
  const { memory, digests } = lent(store);
  const first = await store.blobs.put(new Uint8Array(memory, 0, 100));
  await store.log.commit({ states: [{ digest: first as StateDigest, blobs: [] }] });
  await mkdir(blobPath(layoutOf(folder), digests[3] as Digest).file, { recursive: true });
  const put = await store.blobs.putElsewhere?.([memory], [digests], 100);
  expect(put?.failure).toMatchObject({ code: 'STORE_IO' });
  expect(await listed(store)).toEqual([first]);
  await store.close();
});

it('finishes what is under way before it closes', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const store = await openStore(folder);
  const { memory, digests } = lent(store);
  const putting = store.blobs.putElsewhere?.([memory], [digests], 100);
  await store.close();
  expect((await putting)?.failure).toBeNull();
  const other = await openStore(folder);
  expect(await listed(other)).toEqual(digests.toSorted());
  await other.close();
});
