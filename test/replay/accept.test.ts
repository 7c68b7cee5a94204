import { join } from 'node:path';
import { lambda, type Model, mse, sgd } from '@reprise/core';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { line, session, trained } from '../support/session.js';

test('an accepted op says so for ever', async () => {
  const { run, printed } = await session();
  await run((m) => m.checkpoint(1, trained(0.1)));
  await run((m) => m.checkpoint(1, trained(0.2)), { onDivergence: 'accept' });
  printed.length = 0;
  await run(async (m) => {
    await m.checkpoint(1, trained(0.2));
    expect(m.report).toMatchObject({ accepted: 1 });
  });
});

test('what was accepted stays so, whatever the script says of divergences, until that very op is to be rerun', async () => {
  const { run, counts, folder } = await session();
  await run((m) => m.checkpoint(1, trained(0.1)));
  await run((m) => m.checkpoint(1, trained(0.2)), { onDivergence: 'accept' });
  const before = counts.steps;
  for (const onDivergence of ['error', 'rerun', 'fork'] as const) {
    await run((m) => m.checkpoint(1, trained(0.2)), { onDivergence });
  }
  expect(counts.steps).toBe(before);
  const store = await openStore(join(folder, 'store'));
  const [entry] = await store.log.entries({ kind: 'train', status: 'live' });
  await store.log.settle(entry?.id ?? 0, 'rerun', 1);
  await store.close();
  await run((m) => m.checkpoint(1, trained(0.2)));
  expect(counts.steps).toBeGreaterThan(before);
});

test('what was accepted is so with a key as well, and not under another id', async () => {
  const { run, counts } = await session();
  await run((m) => m.checkpoint(1, trained(0.1)));
  await run((m) => m.checkpoint(1, trained(0.2)), { onDivergence: 'accept' });
  const before = counts.steps;
  await run((m) =>
    m.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.2 }) });
      await cp.train(line(16), { epochs: 1, batchSize: 8, key: 'k' });
      expect(m.report).toMatchObject({ accepted: 1, run: 0 });
    }),
  );
  expect(counts.steps).toBe(before);
  await run((m) => m.checkpoint(2, { from: null }, trained(0.2)));
  expect(counts.steps).toBeGreaterThan(before);
});

test('what one checkpoint accepted is not taken for another checkpoint that never accepted it, unsaid', async () => {
  const { run } = await session();
  await run((m) => m.checkpoint(1, trained(0.1)));
  await run((m) => m.checkpoint(1, trained(0.2)), { onDivergence: 'accept' });
  // Another model, another day: an honest run at 0.2.
  await run(
    async (m) => {
      const r = await m.checkpoint('honest', trained(0.2));
      expect(r.history[0]?.lr).toBe(0.2);
    },
    { id: 'other' },
  );
});

test("the state of another net can't be accepted", async () => {
  const { run, counts } = await session();
  await run((m) => m.checkpoint(1, trained()));
  const { steps } = counts;
  const wider = run((m) => m.checkpoint(1, trained()), { hparams: { width: 6 }, onDivergence: 'accept' });
  await expect(wider).rejects.toThrow(/another net's/);
  expect(counts.steps).toBe(steps);
});

test('an accepted edit of a schedule goes on with the schedule as it is now, also in later runs', async () => {
  const { run } = await session();
  const script =
    (schedule: (t: number) => number, more: boolean) =>
    async (model: Model): Promise<number | undefined> =>
      model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }), epochScheduler: lambda(schedule) });
        await cp.train(line(16), { epochs: 1, batchSize: 8 });
        return more ? (await cp.train(line(16), { epochs: 1, batchSize: 8 })).history[0]?.lr : undefined;
      });
  const edited = (t: number): number => 0.5 ** t * 1;
  await run(script((t) => 0.5 ** t, false));
  await run(script(edited, false), { onDivergence: 'accept' });
  expect(await run(script(edited, true))).toBeCloseTo(0.05);
});
