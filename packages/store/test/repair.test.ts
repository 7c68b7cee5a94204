import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repair, RepairOptions, Store } from '@reprise/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileSystem } from '../src/files/file-system.js';
import { nodeFileSystem } from '../src/files/node-file-system.js';
import { driver } from './checking-driver.js';
import { Posed } from './posed.js';
import { fingerprintOf, snapshot } from './recording.js';
import { temporaryFolders } from './temporary-folder.js';
import { fileOf, flip, type Op, tell, train } from './whole-store.js';

const temporaryFolder = temporaryFolders();
let posed: Posed;
let folder: string;
let store: Store;
let [first, second]: Op[] = [];

beforeEach(async () => {
  posed = new Posed();
  folder = join(await temporaryFolder(), 'store');
  await mkdir(folder);
  store = await posed.open(folder);
  first = await train(store, 'first');
  second = await train(store, 'second', { checkpoint: '2', parent: first.entry.id });
});

afterEach(() => posed.close());

/** Repairs after a dry run, which must say the same and change nothing. */
async function repair(options: RepairOptions = {}): Promise<Repair> {
  const before = await everything();
  const dry = await store.upkeep.repair({ ...options, dryRun: true });
  expect(await everything()).toEqual(before);
  const real = await store.upkeep.repair(options);
  expect(dry).toEqual({ ...real, dryRun: true });
  return real;
}

/** All rows of blobs and calls, and all files. */
async function everything(): Promise<unknown> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => !name.startsWith('log.db'));
  return [rows('SELECT digest, size, damaged FROM blobs'), rows('SELECT * FROM op_log'), files.toSorted()];
}

function rows(sql: string): unknown[] {
  const other = driver.open(join(folder, 'log.db'));
  try {
    return other.prepare(sql).all();
  } finally {
    other.close();
  }
}

function edit(sql: string): void {
  const other = driver.open(join(folder, 'log.db'));
  other.exec(sql);
  other.close();
}

const damages = async (): Promise<readonly unknown[]> => (await store.upkeep.verify({ full: true })).damages;

describe('repair', () => {
  it('does nothing to a whole store', async () => {
    expect(await repair()).toEqual({ dryRun: false, damages: [], healed: [], setAside: [], snapshots: 0, marked: [] });
  });

  it('heals a blob from a folder of any files, by its bytes: names mean nothing', async () => {
    const copies = join(await temporaryFolder(), 'copies', 'inner');
    await mkdir(copies, { recursive: true });
    const path = fileOf(store, first!.tensor);
    await copyFile(path, join(copies, 'weights.bin'));
    // Of the same size, and of the same name as the blob.
    await writeFile(join(copies, 'zeros'), new Uint8Array(64));
    await flip(path, 3);
    const done = await repair({ from: [join(copies, '..')] });
    expect(done.healed).toEqual([{ digest: first!.tensor, from: join(copies, 'weights.bin') }]);
    expect([done.setAside, done.marked, await damages()]).toEqual([[], [], []]);
  });

  it('heals from another store where its blob is whole, and not from one that is damaged alike', async () => {
    const copy = join(await temporaryFolder(), 'copy');
    await cp(join(folder, 'blobs'), join(copy, 'blobs'), { recursive: true });
    for (const { tensor } of [first!, second!]) await flip(fileOf(store, tensor));
    await flip(fileOf({ ...store, location: copy }, second!.tensor));
    const done = await repair({ from: [copy] });
    expect(done.healed.map(({ digest }) => digest)).toEqual([first!.tensor]);
    expect(done.setAside).toEqual([second!.tensor]);
    expect(done.marked).toEqual([second!.entry.id]);
    expect(await store.upkeep.damagedStates()).toEqual(new Set([second!.state]));
  });

  it('keeps what it sets aside, under a name of its own each time', async () => {
    for (const byte of [1, 2]) {
      await flip(fileOf(store, first!.tensor), byte);
      const bad = await readFile(fileOf(store, first!.tensor));
      await repair();
      const kept = await readdir(join(folder, 'damaged'));
      expect(kept).toHaveLength(byte);
      expect(await readFile(join(folder, 'damaged', kept.toSorted().at(-1)!))).toEqual(bad);
      // As the script does that computes the call again.
      await store.blobs.put(new TextEncoder().encode('first'.padEnd(64, '.')));
    }
    expect(await damages()).toEqual([]);
  });

  it('quick, finds what sizes tell, and leaves the bytes unread', async () => {
    await flip(fileOf(store, first!.tensor));
    await rm(fileOf(store, second!.tensor));
    expect((await repair({ full: false })).setAside).toEqual([second!.tensor]);
  });

  it('takes a record that nothing tells any more out of the log, with its calls and names', async () => {
    await tell(store, first!);
    const { fingerprint } = first!.record;
    edit(`UPDATE op_records SET body = x'00' WHERE fingerprint = '${fingerprint}'`);
    const [call] = rows(`SELECT blob FROM op_log WHERE id = ${first!.entry.id}`) as { blob: string }[];
    await rm(fileOf(store, call!.blob));
    const done = await repair();
    expect(done.marked).toContain(first!.entry.id);
    expect(await store.log.record(fingerprint)).toBeUndefined();
    expect(await store.log.tags('m')).toEqual([]);
    expect(await store.log.entries({})).toMatchObject([{ id: second!.entry.id, parent: null }]);
    expect((await damages()).filter((damage) => (damage as { kind: string }).kind !== 'missing')).toEqual([]);
  });

  it('says the same in a dry run of what a copy heals, and of snapshots that are damaged in two ways', async () => {
    const copy = join(await temporaryFolder(), 'copy');
    await cp(join(folder, 'blobs'), join(copy, 'blobs'), { recursive: true });
    const series = fingerprintOf(store, 'unfinished');
    await snapshot(store, { digest: first!.state, blobs: [first!.tensor] }, { series });
    await rm(fileOf(store, first!.tensor));
    await store.blobs.get(first!.tensor).catch(() => undefined);
    expect(await repair({ from: [copy] })).toMatchObject({ snapshots: 0, marked: [] });
    await rm(fileOf(store, first!.tensor));
    edit(`UPDATE snapshots SET body = x'00'`);
    expect(await repair()).toMatchObject({ snapshots: 0, marked: [first!.entry.id] });
    expect(await store.log.snapshots({ series })).toEqual([]);
  });

  it('leaves what an unfinished train has, for a copy that is found later', async () => {
    const copy = join(await temporaryFolder(), 'copy');
    await cp(join(folder, 'blobs'), join(copy, 'blobs'), { recursive: true });
    const series = fingerprintOf(store, 'unfinished');
    await snapshot(store, { digest: first!.state, blobs: [first!.tensor] }, { series });
    await rm(fileOf(store, first!.tensor));
    expect((await repair()).snapshots).toBe(0);
    expect((await repair({ from: [copy] })).healed).toHaveLength(1);
    expect(await store.log.snapshots({ series })).toHaveLength(1);
  });

  it('takes away what an ended train kept of states that are lost, and leaves the others', async () => {
    const [lost, whole] = [first!, second!].map(({ state, tensor }) => ({ digest: state, blobs: [tensor] }));
    const series = fingerprintOf(store, 'ended');
    edit(`UPDATE op_records SET series = '${series}' WHERE fingerprint = '${second!.record.fingerprint}'`);
    await snapshot(store, lost!, { series, epoch: 1, kept: true });
    await snapshot(store, whole!, { series, epoch: 2, kept: true, best: lost!.digest });
    await snapshot(store, whole!, { series, epoch: 3 });
    await rm(fileOf(store, first!.tensor));
    expect(await repair()).toMatchObject({ snapshots: 2, marked: [first!.entry.id] });
    expect((await store.log.snapshots({ series })).map(({ epoch }) => epoch)).toEqual([3]);
  });

  it('takes damaged snapshots away, and leaves the others', async () => {
    const state = { digest: first!.state, blobs: [first!.tensor] };
    const series = fingerprintOf(store, 'unfinished');
    await snapshot(store, state, { series, epoch: 1, kept: true });
    await snapshot(store, state, { series, epoch: 2 });
    edit(`UPDATE snapshots SET body = x'00' WHERE epoch = 2`);
    expect((await repair()).damages).toMatchObject([{ kind: 'snapshot' }]);
    expect(await store.log.snapshots({ series })).toMatchObject([{ epoch: 1 }]);
    expect(await damages()).toEqual([]);
  });

  it("writes a state's blobs and a call's place as they were", async () => {
    edit(`DELETE FROM state_blobs WHERE blob = '${first!.tensor}'; UPDATE op_log SET occurrence = 7 WHERE id = 1`);
    await repair();
    expect(await damages()).toEqual([]);
    expect(await store.log.entry(first!.entry.id)).toEqual(first!.entry);
  });

  it('refuses a log that SQLite or its tables say is damaged, says how to make it anew, and changes nothing', async () => {
    edit('DROP INDEX op_log_live');
    await flip(fileOf(store, first!.tensor));
    const before = await everything();
    const error = await store.upkeep.repair().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'STORE_CORRUPT' });
    expect((error as Error).message).toContain('reprise repair --rebuild');
    expect(await everything()).toEqual(before);
  });

  it('refuses a folder of copies that is not there, before it changes anything', async () => {
    await flip(fileOf(store, first!.tensor));
    const before = await everything();
    await expect(store.upkeep.repair({ from: [join(folder, 'nowhere')] })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect(await everything()).toEqual(before);
  });

  it('that is stopped anywhere is taken up by the next one', async () => {
    const copy = join(await temporaryFolder(), 'copy');
    await cp(folder, copy, { recursive: true });
    await flip(fileOf(store, first!.tensor));
    await rm(fileOf(store, first!.state));
    await flip(fileOf(store, second!.tensor));
    await rm(join(copy, 'blobs', fileOf(store, second!.tensor).slice(join(folder, 'blobs').length)));
    await store.close();
    const damaged = join(await temporaryFolder(), 'damaged');
    await cp(folder, damaged, { recursive: true });
    let completed = false;
    let stops = 0;
    for (; !completed; stops++) {
      await rm(folder, { recursive: true });
      await cp(damaged, folder, { recursive: true });
      const { fileSystem, stopAfter } = stoppable();
      const stopping = await posed.open(folder, undefined, { fileSystem });
      stopAfter(stops);
      completed = await stopping.upkeep.repair({ from: [copy] }).then(
        () => true,
        () => false,
      );
      await stopping.close();
      store = await posed.open(folder);
      await store.upkeep.repair({ from: [copy] });
      expect(await store.upkeep.damagedStates()).toEqual(new Set([second!.state]));
      expect(await damages()).toMatchObject([{ kind: 'missing', subject: second!.tensor }]);
      await store.close();
    }
    expect(stops).toBeGreaterThan(8);
  });
});

/** A file system that can be told to change nothing any more after so many changes. */
function stoppable(): { readonly fileSystem: FileSystem; stopAfter(changes: number): void } {
  let left = Infinity;
  const changing = <T extends unknown[], R>(change: (...args: T) => Promise<R>) => {
    return async (...args: T): Promise<R> => {
      if (left-- <= 0) throw Object.assign(new Error('stopped'), { code: 'EIO', syscall: 'stop' });
      return change(...args);
    };
  };
  const { makeFolder, create, rename, syncFolder } = nodeFileSystem;
  return {
    fileSystem: {
      ...nodeFileSystem,
      makeFolder: changing(makeFolder),
      create: changing(create),
      rename: changing(rename),
      syncFolder: changing(syncFolder),
    },
    stopAfter: (changes) => {
      left = changes;
    },
  };
}
