import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from '@reprise/core';
import type { Fingerprint } from '@reprise/core';
import { expect, it } from 'vitest';
import { migrations, schemaVersion } from '../src/database/schema.js';
import { createHasher, openStore } from '../src/index.js';
import { driver } from './checking-driver.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();

it('brings a log of the first schema up to date, and finds its ops as they were', async () => {
  const folder = join(await temporaryFolder(), '.reprise');
  for (const name of ['', 'blobs', 'tmp']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'format.json'), '{"blob":1,"record":1,"schema":1}\n');
  const hasher = createHasher();
  const fingerprint = hasher.digest(Uint8Array.of(1)) as Fingerprint;
  const details = encode([{ epochs: 2 }, {}, {}]);
  const body = encode([fingerprint, 'train', null, null, {}, Uint8Array.of(7), ['a line'], 5, 1, details]);
  const old = driver.open(join(folder, 'log.db'));
  old.exec(migrations[0] ?? '');
  old.exec('PRAGMA user_version = 1');
  old
    .prepare('INSERT INTO op_records (fingerprint, checksum, body) VALUES (?, ?, ?)')
    .run(fingerprint, hasher.digest(body), body);
  old
    .prepare(
      `INSERT INTO op_log (model, checkpoint, lane, kind, name, occurrence, position, status, record, created_at)
       VALUES ('m', '1', 'block', 'train', '', 0, 0, 'live', ?, 1)`,
    )
    .run(fingerprint);
  old.close();

  const store = await openStore(folder);
  const [entry] = await store.log.entries({ model: 'm' });
  expect(entry).toMatchObject({ record: fingerprint, how: 'run', origin: null, status: 'live' });
  expect(await store.log.record(fingerprint)).toMatchObject({ series: null, fields: { epochs: 2 }, lines: ['a line'] });
  expect(await store.log.snapshots({})).toEqual([]);
  await store.close();
  expect(schemaVersion).toBe(migrations.length);
});
