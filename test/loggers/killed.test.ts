// Processes that are killed at any instant leave files that the next one makes whole, and a store that has what it is to keep.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stream, type TrainResult } from '@reprise/core';
import { readEvents } from '@reprise/formats';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { Script } from '../support/script.js';

const path = new URL('killed.ts', import.meta.url);

interface Value {
  readonly digest: string;
  readonly saved: NonNullable<TrainResult['saved']>;
}

async function said({ folder }: Script) {
  const read = (name: string) => readFile(join(folder, 'logs', 'killed', '1', name));
  const { events, complete } = readEvents(await read('events.out.tfevents.0000000001.reprise'));
  return {
    csv: (await read('train-1.csv')).toString(),
    jsonl: (await read('train-1.jsonl')).toString(),
    events: events.map(({ step, scalars }) => ({ step, scalars })),
    complete,
  };
}

async function keptIn({ folder }: Script): Promise<readonly string[]> {
  const store = await openStore(join(folder, '.reprise'));
  const snapshots = await store.log.snapshots({});
  const { damages } = await store.upkeep.verify({ full: true });
  await store.close();
  expect(damages).toEqual([]);
  return snapshots.map(({ epoch, step }) => `${epoch} ${step}`);
}

test(
  'killed at random batches, again and again: files and store equal those of a run that was not',
  { timeout: 120_000 },
  async () => {
    const random = stream(11, 'test/killed');
    const script = await Script.open(path);
    for (let kills = 0; kills < 4; kills++) {
      const at = 2 + Math.floor(random.uniform() * 14);
      await expect(script.run([], { env: { KILL_AT: String(at) } })).rejects.toMatchObject({ signal: 'SIGKILL' });
    }
    const { value } = await script.run<Value>();
    const fresh = await Script.open(path);
    expect(value).toEqual((await fresh.run<Value>()).value);

    const files = await said(script);
    expect(files).toEqual(await said(fresh));
    expect(files.complete).toBe(true);
    // A row a step, and one an epoch, below the names of the columns.
    expect(files.csv.trim().split('\r\n')).toHaveLength(1 + 64 + 8);

    const stored = await keptIn(script);
    expect(stored).toEqual(await keptIn(fresh));
    const all = Object.values(value.saved).flatMap(({ kept, last }) => [...kept, ...(last === null ? [] : [last])]);
    expect(all).toHaveLength(3 + 9);
    expect(new Set(all.map(({ epochs, steps }) => `${epochs} ${steps}`))).toEqual(new Set(stored));
  },
);
