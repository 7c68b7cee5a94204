import { adam, DivergenceError, meanAbsoluteError, type Model, mse, sgd } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);

const twoTrains =
  (lr: number, epochs = 2) =>
  async (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      const first = await cp.train(train, val, { epochs, batchSize: 8 });
      const second = await cp.train(train, val, { epochs: 1, batchSize: 8, metrics: [meanAbsoluteError()] });
      return { first, second };
    });

test('the second run of a script replays everything and loads no engine', async () => {
  const { run, counts } = await session();
  const first = await run(twoTrains(0.1));
  expect(counts).toMatchObject({ loads: 1, steps: 15 });
  const second = await run(twoTrains(0.1));
  expect(second).toEqual(first);
  expect(counts).toMatchObject({ loads: 1, steps: 15 });
});

test('a changed learning rate diverges, and names the setup where the change began', async () => {
  const { run, counts } = await session();
  await run(twoTrains(0.1));
  const error = await run(twoTrains(0.2)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DivergenceError);
  expect((error as DivergenceError).details).toMatchObject({
    op: 'train #1',
    fields: [],
    began: "setup #1 of checkpoint '1': optimizer.lr 0.1 → 0.2",
    supersedes: 2,
  });
  expect(counts.steps).toBe(15);
  await run(twoTrains(0.1));
  expect(counts.steps).toBe(15);
});

test('rerun computes the change, and changing back adopts what was recorded before', async () => {
  const { run, counts } = await session();
  const before = await run(twoTrains(0.1));
  await run(twoTrains(0.2), { onDivergence: 'rerun' });
  expect(counts.steps).toBe(30);
  expect(await run(twoTrains(0.1))).toEqual(before);
  expect(await run(twoTrains(0.2))).not.toEqual(before);
  expect(counts).toMatchObject({ loads: 2, steps: 30 });
});

test('accept takes the recorded result, now and in later runs', async () => {
  const { run, counts } = await session();
  const before = await run(twoTrains(0.1));
  expect(await run(twoTrains(0.2), { onDivergence: 'accept' })).toEqual(before);
  expect(await run(twoTrains(0.2))).toEqual(before);
  expect(await run(twoTrains(0.1))).toEqual(before);
  expect(counts.steps).toBe(15);
});

test('a renamed checkpoint and another model adopt what is known', async () => {
  const { run, counts, printed } = await session();
  const script = (id: string) => (model: Model) =>
    model.checkpoint(id, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adam() });
      return cp.train(train, { epochs: 1 });
    });
  const first = await run(script('a'));
  expect(await run(script('b'))).toEqual(first);
  expect(await run(script('a'), { id: 'other' })).toEqual(first);
  expect(counts).toMatchObject({ loads: 1, steps: 2 });
  expect(printed.join('')).toContain("adopted from train #1 of checkpoint 'a' of model 'toy'");
});

test('rollback and fork stand on the same parent, by loadCheckpoint and by from', async () => {
  const { run, counts } = await session();
  const script = async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
    });
    await model.checkpoint(2, (cp) => cp.train(train, { epochs: 1, batchSize: 8 }));
    await model.loadCheckpoint(1);
    await model.checkpoint(3, (cp) => cp.train(train, { epochs: 1, batchSize: 8 }));
    await model.checkpoint(4, { from: 1 }, (cp) => cp.train(train, { epochs: 2, batchSize: 8 }));
    const digests = await Promise.all([1, 2, 3, 4].map((id) => model.checkpoint(id).stateDigest()));
    return { digests, score: await model.checkpoint(1).evaluate(val) };
  };
  const first = await run(script);
  expect(first.digests[1]).toBe(first.digests[2]);
  expect(new Set(first.digests).size).toBe(3);
  // Checkpoint 3 is 2 by another name, and 4 goes on with the epoch that they share.
  expect(counts.steps).toBe(15);
  expect(await run(script)).toEqual(first);
  expect(counts).toMatchObject({ loads: 1, steps: 15 });
});

test('an evaluate inserted before another runs; the other is found where it was', async () => {
  const { run, counts } = await session();
  const script = (inserted: boolean) => async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
    });
    if (inserted) await model.checkpoint(1).evaluate(train);
    return model.checkpoint(1).evaluate(val);
  };
  const first = await run(script(false));
  const { steps, evaluations } = counts;
  expect(await run(script(true))).toEqual(first);
  expect(counts.evaluations).toBeGreaterThan(evaluations);
  expect(counts.steps).toBe(steps);
  const settled = counts.evaluations;
  await run(script(true));
  expect(counts.evaluations).toBe(settled);
});

test('a metric that the record lacks is absent, and the report says so', async () => {
  const { run, counts, printed } = await session();
  const script = (more: boolean) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      return cp.train(train, val, { epochs: 1, metrics: more ? [meanAbsoluteError()] : [] });
    });
  const first = await run(script(false));
  expect(await run(script(true))).toEqual(first);
  expect(counts.steps).toBe(2);
  expect(printed.join('')).toContain("was recorded without metric 'mae'");
});

test('validation data that nothing watches are not taken for others: their scores are absent, and the report says so', async () => {
  const { run, counts, printed } = await session();
  const script = (validation: typeof val | null) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      if (validation === null) return cp.train(train, { epochs: 1 });
      return cp.train(train, validation, { epochs: 1 });
    });
  const first = await run(script(val));
  const other = await run(script(line(16, 9)));
  expect(other.history[0]).toEqual({ ...first.history[0], val: null });
  expect(printed.join('')).toContain('scores on this validation data');
  const none = await run(script(null));
  expect(none).toMatchObject({ initial: null, history: [{ val: null }] });
  expect(counts.steps).toBe(2);
});

test('validation data that something watches decide', async () => {
  const { run } = await session();
  const script = (validation: typeof val) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      return cp.train(train, validation, { epochs: 1, watch: 'loss' });
    });
  await run(script(val));
  await expect(run(script(line(16, 9)))).rejects.toThrow(/data\.validation/);
});
