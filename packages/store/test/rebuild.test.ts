import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '@reprise/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeCall, encodeCall } from '../src/log/call-blob.js';
import { openStore, rebuildStore } from '../src/index.js';
import { temporaryFolders } from './temporary-folder.js';
import { fileOf, flip, tell, train } from './whole-store.js';

const temporaryFolder = temporaryFolders();
let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await temporaryFolder();
  store = await openStore(folder);
});

afterEach(() => store.close());

async function blobsOf({ blobs }: Store): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const { digest } of blobs.list()) all.push(await blobs.get(digest));
  return all;
}

/** The log goes, and comes back. */
async function rebuilt(): ReturnType<typeof rebuildStore> {
  await store.close();
  await rm(join(folder, 'log.db'));
  const found = await rebuildStore(folder);
  store = await openStore(folder);
  return found;
}

describe('a log that is made anew', () => {
  it('has the calls, on what they stood, and their records and states', async () => {
    const first = await train(store, 'first');
    const second = await train(store, 'second', { checkpoint: '2', parent: first.entry.id, createdAt: 2000 });
    expect(await rebuilt()).toMatchObject({
      models: 1,
      checkpoints: 2,
      ops: 2,
      incomplete: 0,
      damaged: [],
      oldLog: null,
    });
    const [one, two] = await store.log.entries({});
    expect(one).toEqual({ ...first.entry, id: one!.id });
    expect(two).toEqual({ ...second.entry, id: two!.id, parent: one!.id });
    for (const { record } of [first, second]) expect(await store.log.record(record.fingerprint)).toEqual(record);
    expect((await store.upkeep.verify({ full: true })).damages).toEqual([]);
    expect((await store.upkeep.collect({ grace: 0 })).freed.unreferenced.count).toBe(0);
  });

  it('has the last call at each place as the live one', async () => {
    await train(store, 'last', { createdAt: 3000 });
    const before = await store.log.entries({});
    await train(store, 'earlier', { createdAt: 1000, checkpoint: '2' });
    await train(store, 'between', { createdAt: 2000, checkpoint: '2' });
    await rebuilt();
    expect((await store.log.entries({ checkpoint: '1' })).map(({ record }) => record)).toEqual(
      before.map(({ record }) => record),
    );
    const two = await store.log.entries({ checkpoint: '2' });
    expect(two.map(({ createdAt, status }) => [createdAt, status])).toEqual([
      [1000, 'superseded'],
      [2000, 'live'],
    ]);
  });

  it('takes a call that was written twice, as by a process that waited for another one, for one', async () => {
    const first = await train(store, 'first');
    await train(store, 'second', { checkpoint: '2', parent: first.entry.id, createdAt: 2000 });
    const calls = (await blobsOf(store)).map((bytes) => decodeCall(bytes));
    const written = calls.find((call) => call?.record === first.record.fingerprint);
    await store.blobs.put(encodeCall({ ...written!, entry: { ...written!.entry, createdAt: 3000 } }));
    expect(await rebuilt()).toMatchObject({ checkpoints: 2, ops: 2 });
    const entries = await store.log.entries({});
    expect(entries.map(({ status, checkpoint }) => [status, checkpoint])).toEqual([
      ['live', '1'],
      ['live', '2'],
    ]);
    expect(entries[1]?.parent).toBe(entries[0]?.id);
    expect((await store.upkeep.collect({ grace: 0, superseded: 0 })).superseded).toBe(0);
  });

  it('has the models and checkpoints as they were when their last call was made', async () => {
    const op = await train(store, 'before');
    await tell(store, op);
    const [model, checkpoint] = [await store.log.model('m'), await store.log.checkpoint('m', '1')];
    await train(store, 'after', { createdAt: 2000, occurrence: 1 });
    await rebuilt();
    expect(await store.log.model('m')).toEqual({ ...model, createdAt: 1000 });
    expect(await store.log.checkpoint('m', '1')).toEqual({ ...checkpoint, createdAt: 1000 });
    expect(await store.log.tags('m')).toEqual([]);
  });

  it('is the same when it is made twice', async () => {
    const { entry } = await train(store, 'first');
    await train(store, 'second', { checkpoint: '2', parent: entry.id });
    await rebuilt();
    const once = await store.log.entries({});
    await rebuilt();
    expect(await store.log.entries({})).toEqual(once);
  });

  it('marks the state of a call of which a blob is gone or damaged, and leaves the file where it is', async () => {
    const [first, second] = [await train(store, 'first'), await train(store, 'second', { checkpoint: '2' })];
    const path = fileOf(store, first.tensor);
    await flip(path);
    await rm(fileOf(store, second.state));
    expect(await rebuilt()).toMatchObject({ ops: 2, incomplete: 2, damaged: [path] });
    expect(await store.upkeep.damagedStates()).toEqual(new Set([first.state, second.state]));
    await expect(store.blobs.get(first.tensor)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    // Put again, as by the script that computes it again.
    await train(store, 'first', { createdAt: 3000 });
    expect(await store.upkeep.damagedStates()).toEqual(new Set([second.state]));
  });

  it('takes no file for a blob that is not where its name belongs', async () => {
    const { tensor } = await train(store, 'first');
    await writeFile(join(folder, 'blobs', 'notes.txt'), 'mine');
    await writeFile(join(folder, 'blobs', tensor.slice(7, 9), 'short'), 'mine');
    expect(await rebuilt()).toMatchObject({ blobs: { count: 3 }, damaged: [] });
  });
});

describe('rebuildStore', () => {
  it('refuses a store whose log is whole, and changes nothing', async () => {
    await train(store, 'first');
    await store.close();
    const before = await readdir(folder);
    await expect(rebuildStore(folder)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await readdir(folder)).toEqual(before);
    store = await openStore(folder);
    expect(await store.log.entries({})).toHaveLength(1);
  });

  it('takes the place of one whose pages are damaged, which is kept', async () => {
    await train(store, 'first');
    await store.close();
    const path = join(folder, 'log.db');
    const bytes = new Uint8Array(await readFile(path));
    // In the middle of its second page.
    bytes.fill(0xff, 4096, 6000);
    await writeFile(path, bytes);
    const { oldLog } = await rebuildStore(folder);
    expect(oldLog).toBe(join(folder, 'damaged', 'log.db-1'));
    store = await openStore(folder);
    expect(await store.log.entries({})).toHaveLength(1);
  });

  it('writes a damaged format.json anew, and keeps a log that is whole, with its names', async () => {
    await tell(store, await train(store, 'first'));
    await store.close();
    const path = join(folder, 'format.json');
    const written = await readFile(path, 'utf8');
    await writeFile(path, written.slice(0, 7));
    const refused = await openStore(folder).catch((error: unknown) => error);
    expect((refused as Error).message).toContain('reprise repair --rebuild');
    expect(await rebuildStore(folder)).toMatchObject({ logKept: true, oldLog: null });
    expect(await readFile(path, 'utf8')).toBe(written);
    expect(await readFile(join(folder, 'damaged', 'format.json-1'), 'utf8')).toBe(written.slice(0, 7));
    store = await openStore(folder);
    expect(await store.log.tags('m')).toHaveLength(1);
  });

  it('leaves a store alone that a newer release wrote, whatever became of its log', async () => {
    await train(store, 'first');
    await store.close();
    await rm(join(folder, 'log.db'));
    const path = join(folder, 'format.json');
    await writeFile(path, '{"blob":2,"record":1,"schema":9}');
    await expect(rebuildStore(folder)).rejects.toMatchObject({ code: 'FORMAT_VERSION' });
    expect((await readdir(folder)).toSorted()).toEqual(['blobs', 'format.json', 'tmp']);
    expect(await readFile(path, 'utf8')).toBe('{"blob":2,"record":1,"schema":9}');
    store = await openStore(await temporaryFolder());
  });

  it('has nothing to make a log from where there are no blobs', async () => {
    await expect(rebuildStore(await temporaryFolder())).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});
