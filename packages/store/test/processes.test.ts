import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openStore } from '../src/index.js';
import { driver } from './checking-driver.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();
const run = promisify(execFile);
const ops = 100;

/** One process with the built package: opens the store, which the others make at the same time, and appends. */
function append(folder: string, name: string): Promise<unknown> {
  const script = `
    import { openStore } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    const store = await openStore(${JSON.stringify(folder)}, { busyTimeout: 60000 });
    const text = (value) => new TextEncoder().encode(value);
    let parent = null;
    for (let i = 0; i < ${ops}; i++) {
      const manifest = text('manifest ' + ${JSON.stringify(name)} + i);
      const [digest, shared] = await Promise.all([store.blobs.put(manifest), store.blobs.put(text('shared ' + i))]);
      const record = {
        fingerprint: store.hasher.digest(text('op ' + ${JSON.stringify(name)} + i)), kind: 'train', series: null, fields: { i }, observed: {}, summary: {},
        stateBefore: null, stateAfter: digest, result: manifest, lines: [], cost: 1, provenance: {}, createdAt: 1,
      };
      const entry = {
        model: 'm', checkpoint: ${JSON.stringify(name)}, lane: 'block', kind: 'train', name: '', occurrence: i,
        record: record.fingerprint, parent, position: i, how: 'run', origin: null, createdAt: 1,
      };
      const added = await store.log.commit({ states: [{ digest, blobs: [shared] }], records: [record], entries: [entry] });
      parent = added[0].id;
    }
    await store.close();
  `;
  return run(process.execPath, ['--input-type=module', '-e', script]);
}

it('takes the appends of several processes that make and use one store at the same time', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  const names = ['a', 'b', 'c'];
  await Promise.all(names.map((name) => append(folder, name)));

  const store = await openStore(folder);
  for (const name of names) {
    const entries = await store.log.entries({ model: 'm', checkpoint: name, status: 'live' });
    expect(entries.map(({ occurrence }) => occurrence)).toEqual(Array.from({ length: ops }, (_, i) => i));
    expect(entries.map(({ parent }) => parent)).toEqual([null, ...entries.slice(0, -1).map(({ id }) => id)]);
    expect((await store.log.record(entries[7]!.record))?.fields).toEqual({ i: 7 });
  }
  let blobs = 0;
  for await (const { digest, size } of store.blobs.list()) {
    expect((await store.blobs.get(digest)).byteLength).toBe(size);
    blobs += 1;
  }
  // The manifests, the calls themselves, and what the processes share.
  expect(blobs).toBe(2 * names.length * ops + ops);
  expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  await store.close();

  const connection = driver.open(join(folder, 'log.db'));
  expect(connection.prepare('PRAGMA integrity_check').all()).toMatchObject([{ integrity_check: 'ok' }]);
  expect(connection.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  connection.close();
});

it('gives up on a log that another process keeps busy, and goes on once it is free', async () => {
  const folder = await temporaryFolder();
  const store = await openStore(folder, { busyTimeout: 20 });
  const other = driver.open(join(folder, 'log.db'));
  other.exec('BEGIN IMMEDIATE');
  const bytes = Uint8Array.of(1);
  await expect(store.log.commit({})).rejects.toMatchObject({ code: 'STORE_BUSY' });
  await expect(store.blobs.put(bytes)).rejects.toMatchObject({ code: 'STORE_BUSY' });
  expect(await store.log.models()).toEqual([]);
  other.exec('ROLLBACK');
  other.close();
  expect(await store.log.commit({})).toEqual([]);
  expect(await store.blobs.get(await store.blobs.put(bytes))).toEqual(bytes);
  await store.close();
});
