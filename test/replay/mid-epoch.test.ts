// A train that stops within an epoch goes on there: no step is taken twice, and the end equals an uninterrupted run.
import { join } from 'node:path';
import {
  adam,
  cosine,
  type Data,
  iterable,
  linearWarmup,
  meanAbsoluteError,
  metric,
  type Model,
  mse,
  type TrainCallOptions,
} from '@reprise/core';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { line, type Session, session } from '../support/session.js';

const val = line(16, 2);
const stepsAnEpoch = 5;
const epochs = 4;

type Options = Partial<TrainCallOptions<readonly []>>;

/** Noise of its own for each sample and epoch. */
const noisy = line(40).map(
  ({ input, ...rest }, { rng }) => ({
    ...rest,
    input: Float32Array.from(input?.data as Float32Array, (x) => x + rng()),
  }),
  { key: 'noise' },
);

const script =
  (options: Options = {}, data: Data = noisy) =>
  async (model: Model) => {
    const result = await model.checkpoint(1, async (cp) => {
      await cp.setup({
        loss: mse(),
        optimizer: adam({ lr: 0.1 }),
        epochScheduler: cosine({ tMax: epochs }),
        stepScheduler: linearWarmup({ steps: 7 }),
      });
      const metrics = [meanAbsoluteError()] as unknown as readonly [];
      return cp.train(data, val, { epochs, batchSize: 8, metrics, loadBest: true, ...options });
    });
    const history = result.history.map((epoch) => ({ ...epoch, time: 0 }));
    return { result: { ...result, history }, digest: await model.checkpoint(1).stateDigest() };
  };

async function uninterrupted(options: Options = {}, data: Data = noisy) {
  return (await session()).run(script(options, data));
}

test.each(Array.from({ length: epochs * stepsAnEpoch - 1 }, (_, i) => i + 1))(
  'stopped after %i of 20 steps: goes on with the next one, and ends as an uninterrupted train',
  async (steps) => {
    const at = await session();
    await expect(at.run(script({ signal: abortedAfterSteps(at.counts, steps) }))).rejects.toThrow(
      'stopped by the test',
    );
    expect(await at.run(script())).toEqual(await uninterrupted());
    expect(at.counts.steps).toBe(epochs * stepsAnEpoch);
  },
);

test('stopped at every third step again and again, it still ends as an uninterrupted one', async () => {
  const at = await session();
  let stopped = 0;
  for (; at.counts.steps < epochs * stepsAnEpoch - 3; stopped++) {
    await expect(at.run(script({ signal: abortedAfterSteps(at.counts, 3) }))).rejects.toThrow('stopped by the test');
  }
  expect(stopped).toBeGreaterThan(4);
  expect(await at.run(script())).toEqual(await uninterrupted());
  expect(at.counts.steps).toBe(epochs * stepsAnEpoch);
});

test('a metric that was not gathered from the beginning of the epoch is absent from that epoch', async () => {
  const at = await session();
  await expect(at.run(script({ signal: abortedAfterSteps(at.counts, 7), metrics: [] }))).rejects.toThrow(
    'stopped by the test',
  );
  const { result } = await at.run(script());
  const gathered = result.history.map(({ train }) => 'mae' in train);
  expect(gathered).toEqual([false, false, true, true]);
  expect(at.counts.steps).toBe(epochs * stepsAnEpoch);
});

test('a metric that gathers what can not be recorded: the train goes on from the end of an epoch, and says why', async () => {
  const at = await session();
  const opaque = metric(
    'opaque',
    { mode: 'min', init: () => ({ f: () => 1 }), update: (acc) => acc, result: (acc) => acc.f() },
    { key: 'opaque' },
  );
  const options = { metrics: [opaque] as unknown as readonly [] };
  await expect(at.run(script({ ...options, signal: abortedAfterSteps(at.counts, 7) }))).rejects.toThrow(
    'stopped by the test',
  );
  await at.run(script(options));
  expect(at.counts.steps).toBe(7 + 3 * stepsAnEpoch);
  expect(at.printed.join('')).toMatch(/What a metric gathers within an epoch can't be recorded/);
});

/** Rows in one order; what was asked for of them. */
function rows(skipped: number[], seeks: boolean): Data {
  const input = Array.from({ length: 40 }, (_, i) => Float32Array.of(i / 40, 1 - i / 40, (i % 7) / 7));
  return iterable(
    ({ skip }) => {
      skipped.push(skip);
      return input.slice(skip).map((x) => ({ input: x, target: Float32Array.of(x[0] as number) }));
    },
    { key: 'rows', seeks },
  );
}

test.each([
  [true, 10, 20],
  [false, 0, 22],
])('a stream that seeks (%s) goes on where it was, else at its epoch', async (seeks, skip, steps) => {
  const at = await session();
  const skipped: number[] = [];
  const data = rows(skipped, seeks);
  await expect(at.run(script({ signal: abortedAfterSteps(at.counts, 7) }, data))).rejects.toThrow(
    'stopped by the test',
  );
  skipped.length = 0;
  expect(await at.run(script({}, data))).toEqual(await uninterrupted({}, rows([], seeks)));
  expect(skipped[0]).toBe(seeks ? 16 : skip);
  expect(at.counts.steps).toBe(steps);
});

async function snapshotsOf({ folder }: Session): Promise<(readonly [number, number])[]> {
  const store = await openStore(join(folder, 'store'));
  const found = await store.log.snapshots({});
  await store.close();
  return found.map(({ epoch, step }) => [epoch, step] as const).toReversed();
}

test('so many steps, epochs or seconds: a process that is killed goes on from the last one', async () => {
  const at = await session();
  const stop = abortedAfterSteps(at.counts, 13);
  const dead = at.run(script({ signal: stop, snapshots: { every: { steps: 4 } } }));
  await expect(dead).rejects.toThrow('stopped by the test');
  // The newest takes the place of those before it.
  expect(await snapshotsOf(at)).toEqual([[2, 3]]);
});

test('keeps the last, the best and every so many-th epoch, also when the train has ended; fewer epochs are then a hit', async () => {
  const at = await session();
  const keep = { last: 1, every: 2, best: { count: 1, monitor: 'val_loss' } };
  const { result } = await at.run(script({ snapshots: { keep }, loadBest: false }));
  const losses = result.history.slice(0, -1).map(({ val: scores }) => scores?.loss ?? Infinity);
  const best = losses.indexOf(Math.min(...losses)) + 1;
  const kept = [...new Set([2, 3, best, 4])].toSorted((a, b) => a - b);
  expect((await snapshotsOf(at)).map(([epoch]) => epoch)).toEqual(kept);
  const { steps, loads } = at.counts;
  const two = await at.run(script({ epochs: 2, loadBest: false }));
  expect(at.counts).toMatchObject({ steps, loads });
  expect(two.digest).toBe((await uninterrupted({ epochs: 2, loadBest: false })).digest);
});

test('what is asked of snapshots is checked', async () => {
  const { run } = await session();
  const bad: Options['snapshots'][] = [
    { every: {} },
    { every: { steps: 0 } },
    { keep: { best: { count: 1, monitor: 'val_accuracy' } } },
    { sometimes: true } as never,
  ];
  for (const snapshots of bad) {
    await expect(run(script({ snapshots: snapshots! }))).rejects.toMatchObject({ where: /train\(\) snapshots/ });
  }
});

test('snapshots decide nothing: the record answers whatever is asked of them', async () => {
  const at = await session();
  const first = await at.run(script({ snapshots: { every: { steps: 1 } } }));
  const { steps } = at.counts;
  expect(await at.run(script())).toEqual(first);
  expect(at.counts.steps).toBe(steps);
  expect(first).toEqual(await uninterrupted());
});
