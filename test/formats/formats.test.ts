// Stores that earlier releases wrote are opened, replayed without an engine, verified and gone on with.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@reprise/core';
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

test.each(names)('%s has figures that are older than steps: loggers are told them by their epochs', async (name) => {
  const folder = await temporaryFolder();
  await unpack(await readFixture(name), folder);
  const store = await openStore(folder);
  const told: string[] = [];
  const logger: Logger = {
    begin: ({ checkpoint, train }, points) => {
      for (const { key, step, epoch } of points) told.push(`${checkpoint} ${train}: ${key} ${step} ${epoch}`);
    },
    log: () => undefined,
  };
  expect((await run(store, { loggers: [logger] })).report.run).toBe(0);
  await store.close();
  const scores = (epoch: number, ...of: readonly string[]) => of.map((key) => `base 1: ${key} null ${epoch}`);
  const all = ['train_loss', 'train_accuracy', 'val_loss', 'val_accuracy', 'lr'];
  expect(told).toEqual([
    ...scores(-1, 'val_loss', 'val_accuracy'),
    ...scores(0, ...all),
    ...scores(1, ...all),
    ...['train_loss', 'lr'].map((key) => `base 2: ${key} null 0`),
    ...['train_loss', 'lr'].map((key) => `fork 1: ${key} null 0`),
  ]);
});
