import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RepriseError } from '@reprise/core';
import type { OnProgress, Store } from '@reprise/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../src/index.js';
import { driver } from './checking-driver.js';
import { fingerprintOf, snapshot } from './recording.js';
import { temporaryFolders } from './temporary-folder.js';
import { fileOf, flip, occurrences, type Op, rewrite, tell, train } from './whole-store.js';

const temporaryFolder = temporaryFolders();
let folder: string;
let store: Store;
let op: Op;

beforeEach(async () => {
  folder = await temporaryFolder();
  store = await openStore(folder);
  op = await train(store, 'first');
  await tell(store, op);
});

afterEach(() => store.close());

const kinds = async (full: boolean): Promise<readonly string[]> =>
  (await store.upkeep.verify({ full })).damages.map(({ kind }) => kind);

/** What SQLite holds, changed behind the store's back. */
function edit(sql: string): void {
  const other = driver.open(join(folder, 'log.db'));
  other.exec(sql);
  other.close();
}

describe('verify', () => {
  it.each([false, true])('finds nothing in a whole store (full: %s)', async (full) => {
    const found = await store.upkeep.verify({ full });
    expect(found).toMatchObject({ full, records: 1, damages: [] });
    // The tensor, the manifest, the call.
    expect(found.blobs.count).toBe(3);
  });

  it('finds a file of another size at once, and one of other bytes when it reads them; it names the ops', async () => {
    await flip(fileOf(store, op.tensor), 5);
    expect(await kinds(false)).toEqual([]);
    expect((await store.upkeep.verify({ full: true })).damages).toMatchObject([
      { kind: 'corrupt', subject: op.tensor, expected: op.tensor, ops: [op.entry.id] },
    ]);
    await rewrite(fileOf(store, op.tensor), new Uint8Array(3));
    expect(await kinds(false)).toEqual(['corrupt']);
    await rm(fileOf(store, op.tensor));
    expect(await kinds(false)).toEqual(['missing']);
  });

  it('tells how far it has come in bytes, up to their sum', async () => {
    await train(store, 'second', { checkpoint: '2' });
    const told: Parameters<OnProgress>[0][] = [];
    const { blobs } = await store.upkeep.verify({ full: true, onProgress: (progress) => void told.push(progress) });
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
    expect(told.at(-1)).toEqual({ what: 'bytes of blobs', done: blobs.bytes, total: blobs.bytes });
  });

  it('marks nothing: a reader does', async () => {
    await flip(fileOf(store, op.tensor));
    await store.upkeep.verify({ full: true });
    expect(await store.blobs.has(op.tensor)).toBe(true);
    expect(await store.upkeep.damagedStates()).toEqual(new Set());
    await expect(store.blobs.get(op.tensor)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    expect(await store.upkeep.damagedStates()).toEqual(new Set([op.state]));
  });

  it('finds a state whose rows name other blobs than its manifest', async () => {
    edit(`DELETE FROM state_blobs WHERE blob = '${op.tensor}'`);
    const { damages } = await store.upkeep.verify({ full: true });
    expect(damages).toMatchObject([{ kind: 'manifest', subject: op.state, ops: [op.entry.id] }]);
  });

  it.each(["model = 'n'", "checkpoint = '2'", 'running = 0', 'kept = 1'])(
    'finds a snapshot whose row is another than was written: %s; it is not used',
    async (change) => {
      const series = fingerprintOf(store, 'unfinished');
      await snapshot(store, { digest: op.state, blobs: [op.tensor] }, { series });
      edit(`UPDATE snapshots SET ${change}`);
      expect(await kinds(false)).toEqual(['snapshot']);
      expect(await store.log.snapshots({ series })).toEqual([]);
    },
  );

  it.each(["model = 'n'", "checkpoint = '2'", 'occurrence = 3', "how = 'adopted'", 'created_at = 1'])(
    'finds a call that is not where its blob says: %s',
    async (change) => {
      edit(`UPDATE op_log SET ${change}`);
      expect((await store.upkeep.verify({ full: true })).damages).toMatchObject([
        { kind: 'database', subject: `op #${op.entry.id}`, ops: [op.entry.id] },
      ]);
    },
  );

  it('finds tables that are not as they were made', async () => {
    edit('DROP INDEX models_twice');
    expect(await kinds(true)).toEqual(['database']);
  });

  it.each([
    'the-description',
    'the-hparams',
    'the-checkpoint',
    'the-fields',
    'the-tag',
    'the-run',
    '/the-path',
    '5a5a5a5a',
    'a line',
  ])('finds a flipped bit wherever SQLite keeps %s: in a table, or in an index', async (text) => {
    await store.close();
    const path = join(folder, 'log.db');
    const whole = new Uint8Array(await readFile(path));
    const places = occurrences(whole, text);
    expect(places.length).toBeGreaterThan(0);
    for (const at of places) {
      await writeFile(path, whole);
      await flip(path, at + 2);
      expect(await says()).toBe('damaged');
    }
    await rewrite(path, whole);
    expect(await says()).toBe('whole');
    store = await openStore(folder);
  });

  /** What a store says of itself, opened and verified. */
  async function says(): Promise<'whole' | 'damaged'> {
    try {
      const opened = await openStore(folder);
      try {
        const { damages } = await opened.upkeep.verify({ full: true });
        return damages.length === 0 ? 'whole' : 'damaged';
      } finally {
        await opened.close();
      }
    } catch (error) {
      expect(error).toBeInstanceOf(RepriseError);
      return 'damaged';
    }
  }
});

it('gives no record of another fingerprint where an index leads to a wrong row', async () => {
  const second = await train(store, 'second', { checkpoint: '2' });
  const third = await train(store, 'third', { checkpoint: '3' });
  await store.close();
  const path = join(folder, 'log.db');
  const bytes = new Uint8Array(await readFile(path));
  // In an index, the number of the row comes right after the value.
  const { fingerprint } = second.record;
  const places = occurrences(bytes, fingerprint).filter((at) => bytes[at + fingerprint.length] === 2);
  for (const at of places) bytes[at + fingerprint.length] = 3;
  expect(places.length).toBeGreaterThan(0);
  await writeFile(path, bytes);

  store = await openStore(folder);
  const read = await store.log.record(fingerprint).catch((error: unknown) => error);
  expect(read).toMatchObject({ code: 'STORE_CORRUPT' });
  expect(await store.log.record(third.record.fingerprint)).toEqual(third.record);
  expect(await kinds(true)).toContain('database');
});

it('tells a record that a damaged index hides from one that was never recorded', async () => {
  await store.close();
  const path = join(folder, 'log.db');
  const bytes = new Uint8Array(await readFile(path));
  const { fingerprint } = op.record;
  // Its row is the first one: a number that takes no byte, so nothing of it comes after the value in the index.
  const whole = occurrences(bytes, fingerprint);
  for (const at of whole) {
    const changed = bytes.slice();
    changed[at + fingerprint.length - 1] = (bytes[at + fingerprint.length - 1] ?? 0) ^ 1;
    await writeFile(path, changed);
    store = await openStore(folder);
    const read = await store.log.record(fingerprint).catch((error: unknown) => (error as RepriseError).code);
    expect(['STORE_CORRUPT', op.record]).toContainEqual(read);
    await store.close();
  }
  store = await openStore(folder);
  expect(await store.log.record(fingerprintOf(store, 'never'))).toBeUndefined();
});
