// The faults of the framework that this project grew from: each has a test here that it can't happen.
import { adam, DivergenceError, meanAbsoluteError, type Model, mse, sgd } from '@reprise/core';
import { expect, test } from 'vitest';
import { Script } from '../support/script.js';
import { line, session } from '../support/session.js';

const train = line(32);
const other = line(32, 5);
const val = line(16, 2);

/** A checkpoint that is trained, by the given settings. */
const trained =
  (
    change: {
      lr?: number;
      epochs?: number;
      data?: typeof train;
      optimizer?: ReturnType<typeof adam>;
      shuffle?: boolean;
    } = {},
  ) =>
  (model: Model) =>
    model.checkpoint(1, async (cp) => {
      const { lr = 0.1, epochs = 2, data = train, optimizer = sgd({ lr }), shuffle = true } = change;
      await cp.setup({ loss: mse(), optimizer });
      return cp.train(data, val, { epochs, batchSize: 8, shuffle, watch: 'loss' });
    });

test('1: a run killed at epoch 5 of 20 does not replay as complete', { timeout: 120_000 }, async () => {
  const script = await Script.open(new URL('killed.ts', import.meta.url));
  await expect(script.run([], { env: { KILL_AT: '10' } })).rejects.toMatchObject({ signal: 'SIGKILL' });
  const { value } = await script.run<{ epochs: number; batches: number; digest: string }>();
  expect(value.epochs).toBe(20);
  // How much of it was trained again depends on how slow the machine is; that it went on rightly shows in the digest.
  expect(value.batches).toBeGreaterThanOrEqual(30);
  const fresh = await Script.open(new URL('killed.ts', import.meta.url));
  expect((await fresh.run<{ digest: string }>()).value.digest).toBe(value.digest);
});

test('2: evaluate on checkpoint 1 runs on the weights of checkpoint 1, whatever is live', async () => {
  const { run } = await session();
  await run(async (model) => {
    await trained()(model);
    const then = await model.evaluate(val);
    await model.checkpoint(2, (cp) => cp.train(train, { epochs: 5 }));
    expect(await model.checkpoint(1).evaluate(val)).toEqual(then);
    expect(await model.evaluate(val)).not.toEqual(then);
  });
});

test('3: changed arguments are never ignored, and a changed optimizer is found before anything runs', async () => {
  const { run, counts } = await session();
  await run(trained());
  const { steps, loads } = counts;
  for (const change of [{ epochs: 1 }, { lr: 0.2 }, { data: other }, { optimizer: adam() }, { shuffle: false }]) {
    await expect(run(trained(change))).rejects.toBeInstanceOf(DivergenceError);
  }
  expect(counts).toMatchObject({ steps, loads });
  // More epochs of the same are trained, those that there were are not.
  expect((await run(trained({ epochs: 3 }))).history).toHaveLength(3);
  expect(counts.steps).toBe(steps + 4);
  const slow = await run(trained({ lr: 0 }), { onDivergence: 'rerun' });
  expect(new Set(slow.history.map(({ lr }) => lr))).toEqual(new Set([0]));
  expect(slow.history[1]?.val).toEqual(slow.initial);
});

test('4: findLr on a checkpoint that was never saved leaves the weights as they were', async () => {
  const { run } = await session();
  await run(async (model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      const before = await cp.evaluate(val);
      await cp.findLr(train, { steps: 20 });
      expect(await model.evaluate(val)).toEqual(before);
    });
    const digest = await model.checkpoint(1).stateDigest();
    await model.findLr(train, { steps: 20 });
    await model.checkpoint(2, async () => undefined);
    expect(await model.checkpoint(2).stateDigest()).toBe(digest);
  });
});

test('5: random streams and the order of data follow from the seed, in every process', async () => {
  const digest = async (seed: number): Promise<string> => {
    const { run } = await session();
    return run(
      async (model) => {
        await trained()(model);
        return model.checkpoint(1).stateDigest();
      },
      { seed },
    );
  };
  const [first, again, another] = [await digest(0), await digest(0), await digest(1)];
  expect(again).toBe(first);
  expect(another).not.toBe(first);
});

test('6: a second call with other arguments does not return the first result', async () => {
  const { run } = await session();
  await run(async (model) => {
    await trained()(model);
    const handle = model.checkpoint(1);
    expect(await handle.evaluate(other)).not.toEqual(await handle.evaluate(val));
    expect(await handle.evaluate(val, { metrics: [meanAbsoluteError()] })).toHaveProperty('mae');
    const [short, long] = [await handle.findLr(train, { steps: 10 }), await handle.findLr(train, { steps: 20 })];
    expect(long.lrs.length).toBeGreaterThan(short.lrs.length);
  });
});

test('7: checkpoints 1.37 and 1.38 have states of their own', async () => {
  const { run } = await session();
  const script = async (model: Model) => {
    await model.checkpoint(1.37, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs: 1 });
    });
    await model.checkpoint(1.38, (cp) => cp.train(train, { epochs: 1 }));
    return Promise.all([1.37, 1.38].map((id) => model.checkpoint(id).stateDigest()));
  };
  const first = await run(script);
  expect(first[0]).not.toBe(first[1]);
  expect(await run(script)).toEqual(first);
});

test('8: the second run of a script that calls findLr returns the same plain data', async () => {
  const { run } = await session();
  const script = async (model: Model) => {
    await trained()(model);
    return model.checkpoint(1).findLr(train, { optimizer: sgd(), steps: 30 });
  };
  const first = await run(script);
  expect(first.lrs.length).toBeGreaterThan(0);
  expect(await run(script)).toEqual(first);
});
