import { expect, test } from 'vitest';
import { session, trained } from '../support/session.js';

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

test('accept then rerun: rerun can still settle it the other way', async () => {
  const { run, counts } = await session();
  await run((m) => m.checkpoint(1, trained(0.1)));
  await run((m) => m.checkpoint(1, trained(0.2)), { onDivergence: 'accept' });
  const before = counts.steps;
  await run((m) => m.checkpoint(1, trained(0.2)), { onDivergence: 'rerun' });
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
