import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Store } from '@reprise/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Driver } from '../src/database/driver.js';
import { nodeFileSystem } from '../src/files/node-file-system.js';
import { openStore } from '../src/index.js';
import { blobPath, layoutOf } from '../src/layout.js';
import { driver } from './checking-driver.js';
import { Posed } from './posed.js';
import { record, type Recorded, sizes } from './recording.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();
const run = promisify(execFile);
let posed: Posed;

beforeEach(() => {
  posed = new Posed();
});
afterEach(() => posed.close());

class Killed extends Error {}

/** Stops a collection at its n-th commit or removed file. */
class Killer {
  #left: number;
  readonly #moment: 'before' | 'after';

  constructor(at: number, moment: 'before' | 'after') {
    this.#left = at;
    this.#moment = moment;
  }

  readonly fileSystem = {
    ...nodeFileSystem,
    removeNow: (path: string): void => this.strike(() => nodeFileSystem.removeNow(path)),
  };

  readonly driver: Driver = {
    ...driver,
    open: (path) => {
      const connection = driver.open(path);
      return {
        exec: (sql) => connection.exec(sql),
        close: () => connection.close(),
        prepare: (sql) => {
          const statement = connection.prepare(sql);
          if (sql !== 'COMMIT') return statement;
          return {
            get: (...values) => statement.get(...values),
            all: (...values) => statement.all(...values),
            run: (...values) => this.strike(() => statement.run(...values)),
          };
        },
      };
    },
  };

  armed = false;
  #dead = false;

  strike<T>(act: () => T): T {
    if (!this.armed) return act();
    // Nothing happens in a process that is gone.
    if (this.#dead) throw new Killed('dead');
    if (this.#left-- > 0) return act();
    this.#dead = true;
    if (this.#moment === 'after') act();
    throw new Killed('killed');
  }
}

/** Every row has its file, whole, and what the ops need can be read. */
async function whole(store: Store, live: readonly Recorded[]): Promise<void> {
  for (const [digest, size] of await sizes(store)) {
    expect(nodeFileSystem.sizeNow(blobPath(layoutOf(store.location), digest).file)).toBe(size);
  }
  for (const { digest, blobs } of live) for (const each of [digest, ...blobs]) await store.blobs.get(each);
}

it.each(['before', 'after'] as const)(
  'leaves a store whole wherever it is killed, %s a step; the next one frees the rest',
  async (moment) => {
    for (let at = 0; ; at++) {
      const folder = join(await temporaryFolder(), '.reprise');
      const killer = new Killer(at, moment);
      const process = posed.process();
      const writer = await posed.open(folder);
      const live = [await record(writer, ['a', 'b', 'of all']), await record(writer, ['c'], { checkpoint: '2' })];
      for (const n of [1, 2, 3]) {
        const { entry } = await record(writer, [`x${n}`, `y${n}`, 'of all'], { checkpoint: '3', occurrence: n });
        await writer.log.commit({ supersede: [entry.id] });
      }
      posed.pass(1000);
      const store = await posed.open(folder, process, { fileSystem: killer.fileSystem, sqlite: killer.driver });
      killer.armed = true;
      const error: unknown = await store.upkeep.collect({ grace: 0, superseded: 0 }).catch((reason: unknown) => reason);
      killer.armed = false;
      posed.kill(process);
      await whole(writer, live);
      if (!(error instanceof Killed)) {
        expect(error).toMatchObject({ superseded: 3, freed: { unreferenced: { count: 12 } }, left: { count: 8 } });
        expect(at).toBeGreaterThan(12);
        break;
      }
      await writer.upkeep.collect({ grace: 0, superseded: 0 });
      posed.pass(60_000);
      const { left } = await writer.upkeep.collect({ grace: 0, superseded: 0 });
      expect(left.count).toBe(8);
      await whole(writer, live);
      const files = await nodeFileSystem.list(join(folder, 'blobs'));
      const all = await Promise.all(files.map((fan) => nodeFileSystem.list(join(folder, 'blobs', fan))));
      expect(all.flat()).toHaveLength(8);
    }
  },
);

it('takes nothing from a writer of another process that goes on meanwhile', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const store = await openStore(folder, { busyTimeout: 60_000 });
  // Half of what it puts is what it deleted just before, so that its blobs are garbage and needed by turns.
  const script = `
    import { openStore } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    const store = await openStore(${JSON.stringify(folder)}, { busyTimeout: 60000 });
    const text = (value) => new TextEncoder().encode(value);
    for (let i = 0; i < 150; i++) {
      const blobs = await Promise.all([0, 1, 2, 3].map((n) => store.blobs.put(text('tensor ' + ((i >> n) % 5) + n))));
      const digest = await store.blobs.put(text('manifest ' + blobs));
      const record = {
        fingerprint: store.hasher.digest(text('op ' + i)), kind: 'train', series: null, fields: { i }, observed: {}, summary: {},
        stateBefore: null, stateAfter: digest, result: text('r'), lines: [], cost: 1, provenance: {}, createdAt: 1,
      };
      const entry = {
        model: 'm', checkpoint: String(i % 3), lane: 'block', kind: 'train', name: '', occurrence: 0,
        record: record.fingerprint, parent: null, position: 0, how: 'run', origin: null, createdAt: 1,
      };
      await store.log.commit({ states: [{ digest, blobs }], records: [record], entries: [entry] });
      for (const blob of [digest, ...blobs]) await store.blobs.get(blob);
      if (i % 3 === 2) await store.log.deleteCheckpoint('m', '0');
    }
    await store.close();
  `;
  const writer = { over: false };
  const writing = run(process.execPath, ['--input-type=module', '-e', script]).finally(() => (writer.over = true));
  let freed = 0;
  while (!writer.over) freed += (await store.upkeep.collect({ grace: 0, superseded: 0 })).freed.unreferenced.count;
  await writing;
  expect(freed).toBeGreaterThan(0);

  for (const { record: fingerprint } of await store.log.entries({ status: 'live' })) {
    const { stateAfter } = (await store.log.record(fingerprint))!;
    expect(await store.blobs.get(stateAfter!)).toBeDefined();
  }
  await whole(store, []);
  await store.close();
  const connection = driver.open(join(folder, 'log.db'));
  expect(connection.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  connection.close();
});
