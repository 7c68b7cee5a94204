// Processes that are killed at any instant leave files that the next one makes whole.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readEvents } from '@reprise/formats';
import { stream } from '@reprise/core';
import { expect, test } from 'vitest';
import { Script } from '../support/script.js';

const path = new URL('killed.ts', import.meta.url);

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

test(
  'killed at random batches, again and again: the files equal those of a run that was not',
  { timeout: 120_000 },
  async () => {
    const random = stream(11, 'test/killed');
    const script = await Script.open(path);
    for (let kills = 0; kills < 4; kills++) {
      const at = 2 + Math.floor(random.uniform() * 14);
      await expect(script.run([], { env: { KILL_AT: String(at) } })).rejects.toMatchObject({ signal: 'SIGKILL' });
    }
    const { value } = await script.run<{ digest: string }>();
    const fresh = await Script.open(path);
    expect(value.digest).toBe((await fresh.run<{ digest: string }>()).value.digest);
    const files = await said(script);
    expect(files).toEqual(await said(fresh));
    expect(files.complete).toBe(true);
    // A row a step, and one an epoch, below the names of the columns.
    expect(files.csv.trim().split('\r\n')).toHaveLength(1 + 64 + 8);
  },
);
