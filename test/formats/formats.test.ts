// Stores that earlier releases wrote are opened, replayed without an engine, verified and gone on with.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';
import { fixtures, readFixture, textOf, unpack } from './fixture.js';
import { run } from './script.js';

const names = (await readdir(fixtures)).toSorted();

test('the present schema has a fixture', async () => {
  const store = await openStore(await temporaryFolder());
  await store.close();
  const written = JSON.parse(await readFile(join(store.location, 'format.json'), 'utf8')) as {
    readonly schema: number;
  };
  expect(names).toContain(`schema-${written.schema}.json.gz`);
});

test.each(names)('%s is replayed: nothing is computed, and every result is what it was', async (name) => {
  const fixture = await readFixture(name);
  const folder = await temporaryFolder();
  await unpack(fixture, folder);
  const store = await openStore(folder);
  const { outcome, report } = await run(store);
  expect(textOf(outcome)).toBe(fixture.outcome);
  expect(report).toMatchObject({ hit: 7, run: 0, adopted: 0, resumed: 0, extended: 0 });
  expect((await store.upkeep.verify({ full: true })).damages).toEqual([]);
  const kept = await store.upkeep.collect({ grace: 0 });
  expect(kept.freed.unreferenced.count).toBe(0);
  // Its states are read, and its unfinished train is there to be gone on with.
  expect(await store.log.snapshots({ running: true })).toHaveLength(1);
  expect((await store.log.tags('fixture')).map((tag) => tag.name)).toEqual(['kept']);
  await store.close();
});
