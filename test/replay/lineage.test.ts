// A checkpoint recorded on another parent state than the head: the reason goes back to the op that changed it.
import { DivergenceError, type Model, mse, sgd } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { line, type Session, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);

/** Checkpoints 1, 2 and 3, each on the one before, unless told otherwise. */
const script =
  ({ epochs = 1, second = true, three = undefined as number | undefined } = {}) =>
  async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs, batchSize: 8 });
    });
    if (second) await model.checkpoint(2, (cp) => cp.train(val, { epochs: 1, batchSize: 8 }));
    await model.checkpoint(3, three === undefined ? {} : { from: three }, (cp) =>
      cp.train(train, { epochs: 1, batchSize: 4 }),
    );
    return { digest: await model.checkpoint(3).stateDigest(), report: model.report };
  };

async function began(run: Session['run'], change: Parameters<typeof script>[0]): Promise<string | null> {
  const error: unknown = await run(script(change)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DivergenceError);
  return (error as DivergenceError).details.began;
}

const elsewhere = "checkpoint '3', which stands on train #1 of checkpoint '1' and stood on train #1 of checkpoint '2'";

describe('another parent state', () => {
  test.each([
    ['a checkpoint that is no longer called', { second: false }, elsewhere],
    ['another checkpoint to stand on', { three: 1 }, elsewhere],
  ] as const)('%s is named', async (_, change, said) => {
    const { run, counts } = await session();
    await run(script());
    const { steps } = counts;
    expect(await began(run, change)).toBe(said);
    expect(counts.steps).toBe(steps);
  });

  test('a call added to the parent is said to be new, one taken from it to be gone', async () => {
    const two = (more: boolean) => async (model: Model) => {
      await model.checkpoint('parent', async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
        await cp.train(train, { epochs: 1, batchSize: 8 });
        if (more) await cp.train(val, { epochs: 1, batchSize: 8 });
      });
      await model.checkpoint('child', async (cp) => {
        await cp.setup({ optimizer: sgd({ lr: 0.2 }) });
        await cp.train(train, { epochs: 1, batchSize: 8 });
      });
    };
    const more = await session();
    await more.run(two(false));
    await expect(more.run(two(true))).rejects.toThrow("began at train #2 of checkpoint 'parent', which is new here");
    const less = await session();
    await less.run(two(true));
    await expect(less.run(two(false))).rejects.toThrow(
      "began at train #2 of checkpoint 'parent', which is no longer called before it",
    );
  });

  test('can be computed from it, accepted, or forked from', async () => {
    const change = { second: false };
    const fresh = await (await session()).run(script(change));
    const rerun = await session();
    await rerun.run(script());
    expect((await rerun.run(script(change), { onDivergence: 'rerun' })).digest).toBe(fresh.digest);

    const accept = await session();
    const first = await accept.run(script());
    expect((await accept.run(script(change), { onDivergence: 'accept' })).digest).toBe(first.digest);

    const fork = await session();
    await fork.run(script());
    expect((await fork.run(script(change), { onDivergence: 'fork' })).digest).toBe(fresh.digest);
    expect((await fork.run(script())).digest).toBe(first.digest);
  });
});

const sweep =
  (rates: readonly number[], by: 'from' | 'loadCheckpoint', epochs = 1) =>
  async (model: Model) => {
    await model.checkpoint('base', async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
    });
    const scores: number[] = [];
    for (const lr of rates) {
      const options = by === 'from' ? { from: 'base' } : {};
      if (by === 'loadCheckpoint') await model.loadCheckpoint('base');
      scores.push(
        await model.checkpoint(`lr ${lr}`, options, async (cp) => {
          await cp.setup({ optimizer: sgd({ lr }) });
          await cp.train(train, { epochs, batchSize: 8 });
          return (await cp.evaluate(val)).loss ?? NaN;
        }),
      );
    }
    return { scores, report: model.report };
  };

test.each(['from', 'loadCheckpoint'] as const)('a sweep over one parent by %s replays whole', async (by) => {
  const { run, counts } = await session();
  const first = await run(sweep([0.1, 0.2, 0.4], by));
  const { steps, loads } = counts;
  const again = await run(sweep([0.1, 0.2, 0.4], by));
  expect(again.scores).toEqual(first.scores);
  expect(again.report).toMatchObject({ hit: 7, adopted: 0, run: 0 });
  expect(counts).toMatchObject({ steps, loads });
});

test('a sweep in another order, with one more and one less, computes just the new one', async () => {
  const { run, counts } = await session();
  await run(sweep([0.1, 0.2, 0.4], 'from'));
  const { steps } = counts;
  const { report } = await run(sweep([0.4, 0.3, 0.1], 'from'));
  expect(report).toMatchObject({ hit: 5, run: 2 });
  expect(counts.steps).toBe(steps + 5);
});

test('a sweep with more epochs extends each, from where it ended', async () => {
  const { run, counts } = await session();
  await run(sweep([0.1, 0.2, 0.4], 'from'));
  const { steps } = counts;
  const { report, scores } = await run(sweep([0.1, 0.2, 0.4], 'from', 3));
  expect(report).toMatchObject({ hit: 1, extended: 3, run: 3 });
  expect(counts.steps).toBe(steps + 3 * 2 * 5);
  expect(scores).toEqual((await (await session()).run(sweep([0.1, 0.2, 0.4], 'from', 3))).scores);
});

test('a removed call is reported and kept; called again, it is there', async () => {
  const { run, counts, printed } = await session();
  const two = (scored: boolean) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
      if (scored) await cp.evaluate(val);
      return model.report;
    });
  await run(two(true));
  await run(two(false));
  expect(printed.join('')).toContain('[1] recorded, and no longer called: evaluate #1. Kept.');
  const { evaluations } = counts;
  expect(await run(two(true))).toMatchObject({ hit: 2, run: 0 });
  expect(counts.evaluations).toBe(evaluations);
});
