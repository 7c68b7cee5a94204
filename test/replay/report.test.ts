// The closing lines of a script, and the same as numbers.
import { join } from 'node:path';
import { meanAbsoluteError, type Model, mse, sgd } from '@reprise/core';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { line, type Session, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);

const script =
  ({ epochs = 1, lr = 0.1, scored = false, mae = false } = {}) =>
  async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.train(train, val, { epochs, batchSize: 8, metrics: mae ? [meanAbsoluteError()] : [] });
      if (scored) await cp.evaluate(val);
    });
    return model.report;
  };

/** The lines that close() printed. */
async function closing({ run, printed }: Session, ...args: Parameters<Session['run']>): Promise<string> {
  printed.length = 0;
  await run(...args);
  return printed
    .join('')
    .split('\n')
    .filter((text) => text.startsWith('reprise: '))
    .join('\n');
}

test('counts what was replayed, adopted, extended and run, and what is new to the store', async () => {
  const s = await session();
  expect(await closing(s, script())).toMatch(/^reprise: toy: 1 run; worked for \d\.\d s, added \d+(\.\d)? k?B$/);
  expect(await closing(s, script())).toMatch(/^reprise: toy: 1 replayed, 0 run; skipped work that had taken \d\.\d s$/);
  expect(await closing(s, script({ epochs: 2, scored: true }))).toMatch(
    /^reprise: toy: 1 extended, 1 run; skipped work that had taken \d\.\d s, worked for \d\.\d s, added /,
  );
  expect(await closing(s, script({ lr: 0.2 }), { onDivergence: 'rerun' })).toContain('1 run;');
  expect(await closing(s, script())).toContain('1 adopted, 0 run;');
  expect(await closing(s, script({ lr: 0.4 }), { onDivergence: 'accept' })).toContain('1 accepted, 0 run;');
});

test('says which observations the records lack', async () => {
  const s = await session();
  await s.run(script());
  expect(await closing(s, script({ mae: true }))).toContain("reprise: [1] train #1 was recorded without metric 'mae'");
});

test('is there as numbers while the script runs', async () => {
  const { run } = await session();
  const first = await run(script());
  expect(first).toMatchObject({ run: 1, hit: 0, saved: 0 });
  expect(first.spent).toBeGreaterThan(0);
  expect(first.bytesAdded).toBeGreaterThan(0);
  const second = await run(script());
  expect(second).toMatchObject({ run: 0, hit: 1, spent: 0, bytesAdded: 0 });
  expect(second.saved).toBeCloseTo(first.spent);
  const third = await run(script({ epochs: 2 }));
  expect(third.saved).toBeCloseTo(first.spent);
});

test('a script that calls nothing closes without a word', async () => {
  const s = await session();
  expect(await closing(s, async () => undefined)).toBe('');
});

test('an extended history that lacks a metric in part says so whenever it is replayed', async () => {
  const s = await session();
  await s.run(script());
  await s.run(script({ epochs: 2, mae: true }));
  expect(await closing(s, script({ epochs: 2, mae: true }))).toContain("was recorded without metric 'mae'");
});

test('calls that the last run made and this one does not are named: in blocks, on handles, and whole checkpoints', async () => {
  const s = await session();
  const all = (left: 'nothing' | 'handle' | 'checkpoint' | 'twin') => async (model: Model) => {
    await script()(model);
    if (left !== 'handle') await model.checkpoint(1).evaluate(val);
    if (left !== 'checkpoint') await model.checkpoint(2, (cp) => cp.train(train, { epochs: 1 }));
    await model.checkpoint(3, { from: 1 }, async (cp) => {
      await cp.evaluate(val);
      if (left !== 'twin') await cp.evaluate(val);
    });
  };
  await s.run(all('nothing'));
  expect(await closing(s, all('handle'))).toContain('[1, handle] recorded, and no longer called: evaluate #1. Kept.');
  await s.run(all('nothing'));
  expect(await closing(s, all('checkpoint'))).toContain('[2] recorded, and no longer called: train #1. Kept.');
  await s.run(all('nothing'));
  expect(await closing(s, all('twin'))).toContain('[3] recorded, and no longer called: evaluate #2. Kept.');
  await s.run(all('nothing'));
  expect(await closing(s, all('nothing'))).not.toContain('no longer called');
});

test('a settlement that the run had no use for is named', async () => {
  const s = await session();
  await s.run(script());
  const store = await openStore(join(s.folder, 'store'));
  const [entry] = await store.log.entries({ kind: 'train' });
  await store.log.settle(entry?.id ?? 0, 'rerun', 1);
  await store.close();
  expect(await closing(s, script())).toContain(`'rerun ${entry?.id}' is still to come`);
});
