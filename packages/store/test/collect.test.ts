import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CollectOptions, Collection, Digest, Store } from '@reprise/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../src/files/node-file-system.js';
import { blobPath, layoutOf } from '../src/layout.js';
import { driver } from './checking-driver.js';
import { Posed } from './posed.js';
import { fingerprintOf, name, place, putState, record, snapshot } from './recording.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();
const minute = 60_000;
const day = 24 * 60 * minute;
let posed: Posed;
let folder: string;
let store: Store;

beforeEach(async () => {
  posed = new Posed();
  folder = await temporaryFolder();
  store = await posed.open(folder);
});

afterEach(() => posed.close());

/** Collects after a dry run, which must say the same and change nothing. */
async function collect(options: CollectOptions = {}): Promise<Collection> {
  const before = await everything();
  const dry = await store.upkeep.collect({ ...options, dryRun: true });
  expect(await everything()).toEqual(before);
  const real = await store.upkeep.collect(options);
  expect(dry).toEqual({ ...real, dryRun: true });
  const after = await everything();
  const bytes = (all: readonly (readonly [string, number])[]): number => all.reduce((sum, [, size]) => sum + size, 0);
  const freed = Object.values(real.freed).reduce((sum, amount) => sum + amount.bytes, 0);
  expect(bytes(after.files)).toBe(bytes(before.files) - freed);
  expect(await foreignKeys()).toEqual([]);
  return real;
}

async function everything(): Promise<{
  readonly files: readonly (readonly [string, number])[];
  readonly rows: unknown;
}> {
  const connection = driver.open(join(folder, 'log.db'));
  const tables = ['blobs', 'states', 'state_blobs', 'op_records', 'op_log', 'snapshots', 'pins', 'tags', 'checkpoints'];
  const rows = tables.map((table) => connection.prepare(`SELECT * FROM ${table}`).all());
  connection.close();
  const files: [string, number][] = [];
  for (const top of ['blobs', 'tmp', 'damaged']) {
    for (const entry of await readdir(join(folder, top), { recursive: true, withFileTypes: true }).catch(() => [])) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) files.push([path, nodeFileSystem.sizeNow(path)!]);
    }
  }
  return { files: files.toSorted(([a], [b]) => (a < b ? -1 : 1)), rows };
}

async function foreignKeys(): Promise<unknown[]> {
  const connection = driver.open(join(folder, 'log.db'));
  const found = connection.prepare('PRAGMA foreign_key_check').all();
  connection.close();
  return found;
}

async function has(...digests: readonly Digest[]): Promise<readonly boolean[]> {
  return Promise.all(digests.map((digest) => store.blobs.has(digest)));
}

const nothing = { count: 0, bytes: 0 };

describe('what nothing reaches', () => {
  it('is nothing in a store where every op is called', async () => {
    await record(store, ['a', 'b']);
    posed.pass(day);
    expect(await collect()).toMatchObject({
      freed: { unreferenced: nothing, unrecorded: nothing, temporary: nothing, setAside: nothing },
      kept: { recent: nothing, pinned: nothing },
      superseded: 0,
      // Two tensors, the manifest, and the call once more.
      left: { count: 4 },
    });
  });

  it('are the blobs of a checkpoint that was deleted, but for those that another state names', async () => {
    const gone = await record(store, ['only of the first', 'of both']);
    const stays = await record(store, ['of both', 'only of the second'], { checkpoint: '2' });
    await store.log.deleteCheckpoint('m', '1');
    posed.pass(day);
    const { freed, left } = await collect();
    expect(freed.unreferenced.count).toBe(3);
    expect(left.count).toBe(4);
    expect(await has(gone.digest, gone.blobs[0]!)).toEqual([false, false]);
    for (const digest of [stays.digest, ...stays.blobs]) expect(await store.blobs.get(digest)).toBeDefined();
  });

  it('is not what a tag, a snapshot or its best state names', async () => {
    const tagged = await record(store, ['tagged']);
    await store.log.putTag({ model: 'm', name: 't', record: tagged.entry.record, entry: null, createdAt: 1 });
    await store.log.deleteEntries([tagged.entry.id]);
    const [running, best] = [await putState(store, ['running']), await putState(store, ['best'])];
    await store.log.commit({ states: [best] });
    await snapshot(store, running, { series: fingerprintOf(store, 's'), best: best.digest });
    posed.pass(day);
    expect((await collect()).left.count).toBe(6);
    await store.log.deleteTag('m', 't');
    expect((await collect()).left.count).toBe(4);
  });

  it('stays for as long as the grace, and goes at once without one', async () => {
    const { entry } = await record(store, ['a']);
    await store.log.deleteEntries([entry.id]);
    posed.pass(5 * minute - 1);
    expect(await collect()).toMatchObject({ freed: { unreferenced: nothing }, kept: { recent: { count: 3 } } });
    posed.pass(1);
    expect((await collect()).freed.unreferenced.count).toBe(3);
    const again = await record(store, ['b']);
    await store.log.deleteEntries([again.entry.id]);
    expect((await collect({ grace: 0, rowsOnly: true })).freed.unreferenced.count).toBe(3);
  });

  it('can be more than a batch', async () => {
    const tensors = Array.from({ length: 1100 }, (_, i) => `tensor ${i}`);
    const { entry } = await record(store, tensors);
    await store.log.deleteEntries([entry.id]);
    const told: number[] = [];
    const { freed, left } = await store.upkeep.collect({ grace: 0, onProgress: ({ done }) => told.push(done) });
    expect(freed.unreferenced.count).toBe(1102);
    expect(left).toEqual(nothing);
    expect(told.length).toBeGreaterThan(2);
  });

  it('includes records and states that a fault elsewhere has left', async () => {
    const left = await record(store, ['a']);
    const self = posed.process();
    const other = await posed.open(folder, self);
    await other.log.commit({ states: [await putState(other, ['b'])] });
    posed.kill(self);
    const connection = driver.open(join(folder, 'log.db'));
    connection.exec('DELETE FROM op_log');
    connection.close();
    posed.pass(30_000);
    // A state may be recorded a moment before its op.
    expect((await collect({ grace: 0 })).left.count).toBe(2);
    posed.pass(minute);
    expect((await collect({ grace: 0 })).left.count).toBe(0);
    expect(await store.log.record(left.entry.record)).toBeUndefined();
  });

  it('is stored again by whoever needs it again', async () => {
    const { entry } = await record(store, ['a']);
    await store.log.deleteEntries([entry.id]);
    await collect({ grace: 0 });
    const again = await record(store, ['a']);
    expect(await store.blobs.get(again.blobs[0]!)).toEqual(new TextEncoder().encode('a'));
  });
});

describe('what a writer has put and not named yet', () => {
  it('stays where it came along with snapshots that are gone, and the call that leads to it is logged later', async () => {
    const writer = await posed.open(folder);
    const [setup, one, two] = [
      await putState(writer, ['setup']),
      await putState(writer, ['1']),
      await putState(writer, ['2']),
    ];
    const series = fingerprintOf(writer, 'train');
    // The state before training is the best one at first.
    await snapshot(writer, one, { series, epoch: 1, best: setup.digest, also: [setup] });
    await snapshot(writer, two, { series, epoch: 2, also: [setup] });
    posed.pass(day);
    await collect({ grace: 0 });
    await name(writer, setup);
    expect(await writer.blobs.get(setup.digest)).toBeDefined();
    expect((await store.upkeep.verify()).damages).toEqual([]);
  });

  it('stays, however old, until a commit names it', async () => {
    const writer = await posed.open(folder);
    const state = await putState(writer, ['a', 'b']);
    posed.pass(day);
    expect(await collect({ grace: 0 })).toMatchObject({
      kept: { pinned: { count: 3 } },
      freed: { unreferenced: nothing },
    });
    const entry = await name(writer, state);
    expect(await collect({ grace: 0 })).toMatchObject({ kept: { pinned: nothing }, left: { count: 4 } });
    await writer.log.deleteEntries([entry.id]);
    expect((await collect({ grace: 0 })).freed.unreferenced.count).toBe(4);
  });

  it('stays for a writer that found it stored already', async () => {
    const { entry } = await record(store, ['a']);
    const writer = await posed.open(folder);
    const state = await putState(writer, ['a']);
    await store.log.deleteEntries([entry.id]);
    posed.pass(day);
    expect((await collect({ grace: 0 })).kept.pinned.count).toBe(2);
    await name(writer, state);
    expect((await collect({ grace: 0 })).left.count).toBe(3);
  });

  it('stays for the process that collects, too', async () => {
    await putState(store, ['a']);
    posed.pass(day);
    expect((await collect({ grace: 0 })).kept.pinned.count).toBe(2);
  });

  it('goes once the writer is seen to be gone, or has closed its store', async () => {
    const process = posed.process();
    await putState(await posed.open(folder, process), ['a']);
    posed.kill(process);
    expect((await collect({ grace: 0 })).freed.unreferenced.count).toBe(2);
    const closes = await posed.open(folder);
    await putState(closes, ['a']);
    await closes.close();
    expect((await collect({ grace: 0 })).freed.unreferenced.count).toBe(2);
  });

  it('goes once the writer’s number has gone to another process', async () => {
    const process = posed.process();
    await putState(await posed.open(folder, process), ['a']);
    posed.replace(process);
    expect((await collect({ grace: 0 })).freed.unreferenced.count).toBe(2);
  });

  it('stays for an hour after the last word of a writer of which nothing is known', async () => {
    const process = posed.elsewhere();
    const writer = await posed.open(folder, process);
    const state = await putState(writer, ['a']);
    posed.kill(process);
    posed.pass(60 * minute);
    expect((await collect({ grace: 0 })).kept.pinned.count).toBe(2);
    posed.pass(1);
    expect((await collect({ grace: 0 })).freed.unreferenced.count).toBe(2);
    // It was only silent: what it names now is refused, and nothing dangles.
    await expect(name(writer, state)).rejects.toMatchObject({ code: 'DANGLING_REFERENCE' });
    await record(writer, ['a']);
  });
});

describe('superseded ops', () => {
  it('stay unless asked for, and go with their states when they are old enough', async () => {
    const now = posed.now();
    await record(store, ['old'], { createdAt: now });
    posed.pass(day);
    await record(store, ['new'], { createdAt: posed.now() });
    posed.pass(day);
    expect(await collect()).toMatchObject({ superseded: 0, left: { count: 6 } });
    // It can be gone back to for so long since another one took its place, not since it was recorded.
    expect(await collect({ superseded: day })).toMatchObject({ superseded: 0 });
    expect(await collect({ superseded: day - 1 })).toMatchObject({ superseded: 1, left: { count: 3 } });
    expect(await store.log.entries({})).toHaveLength(1);
  });

  it('stay where a live op stands on them, however far above', async () => {
    const root = await record(store, ['root']);
    const middle = await record(store, ['middle'], { occurrence: 1, parent: root.entry.id });
    const aside = await record(store, ['aside'], { occurrence: 2, parent: root.entry.id });
    const live = await record(store, ['live'], { checkpoint: '2', parent: middle.entry.id });
    await store.log.commit({ supersede: [root.entry.id, middle.entry.id, aside.entry.id] });
    posed.pass(day);
    expect(await collect({ superseded: 0 })).toMatchObject({ superseded: 1, left: { count: 9 } });
    expect(await store.log.ancestors(live.entry.id)).toHaveLength(3);
  });

  it('leave the record that a live op shares', async () => {
    const { entry } = await record(store, ['a']);
    await store.log.commit({
      supersede: [entry.id],
      entries: [
        { ...place, record: entry.record, parent: null, position: 0, how: 'adopted', origin: null, createdAt: 2 },
      ],
    });
    posed.pass(day);
    expect(await collect({ superseded: 0 })).toMatchObject({ superseded: 1, left: { count: 3 } });
    expect(await store.log.record(entry.record)).toBeDefined();
  });

  it('take the end of a shorter train along, and leave that of the longer one, and what was kept on purpose', async () => {
    const series = fingerprintOf(store, 'one train');
    const shorter = await record(store, ['shorter'], { series: 'one train', epochs: 1 });
    await snapshot(store, shorter, { series, epoch: 1, epochs: 1, running: false });
    await snapshot(store, shorter, { series, epoch: 2, epochs: 3, running: false, kept: true });
    const longer = await record(store, ['longer'], {
      series: 'one train',
      epochs: 3,
      also: { supersede: [shorter.entry.id] },
    });
    await snapshot(store, longer, { series, epoch: 3, running: false });
    posed.pass(day);
    expect(await collect({ superseded: 0 })).toMatchObject({ superseded: 1 });
    expect((await store.log.snapshots({ series })).map(({ epoch }) => epoch)).toEqual([3, 2]);
  });

  it('go with what was saved inside a train that another one has replaced', async () => {
    const stopped = await putState(store, ['stopped']);
    const other = await putState(store, ['stopped elsewhere']);
    await snapshot(store, stopped, { series: fingerprintOf(store, 'before') });
    await snapshot(store, other, { series: fingerprintOf(store, 'there'), place: { ...place, checkpoint: '9' } });
    posed.pass(day);
    await collect({ superseded: 0 });
    expect(await store.log.snapshots({})).toHaveLength(2);
    await record(store, ['another call'], { series: 'after', createdAt: posed.now() });
    posed.pass(day);
    await collect();
    expect(await store.log.snapshots({})).toHaveLength(2);
    expect((await collect({ superseded: 0 })).freed.unreferenced.count).toBe(2);
    expect(await store.log.snapshots({})).toHaveLength(1);
  });
});

describe('files without a row', () => {
  const stray = 'ab'.repeat(32);

  async function left(path: string, ...of: readonly string[]): Promise<string> {
    const file = join(folder, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, of.join());
    await utimes(file, posed.now() / 1000, posed.now() / 1000);
    return file;
  }

  it('go where a killed process left a blob, when they are older than the grace', async () => {
    await left(`blobs/ab/${stray}`, 'bytes');
    await left('blobs/ab/notes.txt', 'of somebody');
    expect(await collect({ rowsOnly: true })).toMatchObject({
      freed: { unrecorded: nothing },
      kept: { recent: nothing },
    });
    expect(await collect()).toMatchObject({ freed: { unrecorded: nothing }, kept: { recent: { count: 1, bytes: 5 } } });
    posed.pass(5 * minute);
    expect(await collect()).toMatchObject({ freed: { unrecorded: { count: 1, bytes: 5 } } });
    expect(await readdir(join(folder, 'blobs', 'ab'))).toEqual(['notes.txt']);
  });

  it('never are those of a blob that has a row', async () => {
    const { digest } = await record(store, ['a']);
    posed.pass(day);
    await collect({ grace: 0 });
    expect(await readdir(join(blobPath(layoutOf(folder), digest).folder))).toHaveLength(1);
  });

  it('in tmp go at once where their process is seen to be gone, and stay where it lives', async () => {
    const [dead, alive] = [posed.process(), posed.process()];
    for (const process of [dead, alive])
      await (await posed.open(folder, process)).blobs.put(Uint8Array.of(process.pid));
    const connection = driver.open(join(folder, 'log.db'));
    const ids = connection.prepare('SELECT id, pid FROM owners').all() as { id: string; pid: number }[];
    connection.close();
    for (const { id } of ids) await left(`tmp/${id}-9`, 'half');
    posed.kill(dead);
    expect(await collect()).toMatchObject({
      freed: { temporary: { count: 1, bytes: 4 } },
      kept: { pinned: { count: 2 } },
    });
    const living = ids.find(({ pid }) => pid === alive.pid)!;
    expect(await readdir(join(folder, 'tmp'))).toEqual([`${living.id}-9`]);
    posed.pass(day);
    expect(await collect()).toMatchObject({ freed: { temporary: nothing } });
  });

  it('in tmp of a process that nobody knows go after the grace, and a minute at least', async () => {
    await left('tmp/4711-1700000000000-1-abcdef', 'half');
    posed.pass(minute - 1);
    expect(await collect({ grace: 0 })).toMatchObject({ kept: { recent: { count: 1 } } });
    posed.pass(2);
    expect(await collect()).toMatchObject({ kept: { recent: { count: 1 } } });
    expect(await collect({ grace: 0 })).toMatchObject({ freed: { temporary: { count: 1, bytes: 4 } } });
  });

  it('that a repair set aside go after a week', async () => {
    await left(`damaged/${stray}`, 'bad bytes');
    posed.pass(7 * day - minute);
    expect(await collect()).toMatchObject({ freed: { setAside: nothing }, kept: { recent: { count: 1 } } });
    posed.pass(2 * minute);
    expect(await collect()).toMatchObject({ freed: { setAside: { count: 1, bytes: 9 } } });
  });
});

it('forgets processes that are gone', async () => {
  const dead = posed.process();
  const { leases, blobs } = await posed.open(folder, dead);
  await blobs.put(Uint8Array.of(1));
  await leases.take({ model: 'm', checkpoint: '1', lane: 'block' });
  posed.kill(dead);
  await collect({ grace: 0 });
  const connection = driver.open(join(folder, 'log.db'));
  for (const table of ['owners', 'pins', 'leases'])
    expect(connection.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
  connection.close();
});

it('takes no option that it does not know', async () => {
  await expect(store.upkeep.collect({ rowOnly: true } as object)).rejects.toThrow(/rowsOnly/);
  await expect(store.upkeep.collect({ grace: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});
