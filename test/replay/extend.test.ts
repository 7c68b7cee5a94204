// DESIGN's table: a train that differs only in asking for more epochs is extended.
import {
  cosine,
  meanAbsoluteError,
  type Model,
  mse,
  reduceOnPlateau,
  type SetupOptions,
  sgd,
  type TrainCallOptions,
} from '@reprise/core';
import { expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { line, type Session, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);
const stepsAnEpoch = 5;

type Options = Partial<TrainCallOptions<readonly []>>;

/** One train of so many epochs; its result, and the digest of the state after it. */
const script =
  (epochs: number, options: Options = {}, setup: SetupOptions = {}) =>
  async (model: Model) => {
    const result = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }), ...setup });
      return cp.train(train, val, { epochs, batchSize: 8, ...options });
    });
    return { ...timeless(result), digest: await model.checkpoint(1).stateDigest(), report: model.report };
  };

/** What a run without any record comes to. */
async function fresh(epochs: number, options: Options = {}, setup: SetupOptions = {}) {
  const { run } = await session();
  const { report: _, ...outcome } = await run(script(epochs, options, setup));
  return outcome;
}

function timeless<T extends { readonly history: readonly object[] }>(result: T): T {
  return { ...result, history: result.history.map((epoch) => ({ ...epoch, time: 0 })) };
}

async function lengthened(
  run: Session['run'],
  [from, to]: readonly [number, number],
  options: Options = {},
  setup: SetupOptions = {},
) {
  await run(script(from, options, setup));
  return run(script(to, options, setup));
}

test('more epochs: only the missing ones are trained, and the end equals one long run', async () => {
  const { run, counts, printed } = await session();
  const { report, ...outcome } = await lengthened(run, [2, 5]);
  expect(outcome).toEqual(await fresh(5));
  expect(report).toMatchObject({ extended: 1, run: 0 });
  expect(counts.steps).toBe(5 * stepsAnEpoch);
  expect(printed.join('')).toContain("extended from train #1 of checkpoint '1' of model 'toy' after epoch 2 of 5");
  const again = await run(script(5));
  expect(again).toMatchObject(outcome);
  expect(again.report).toMatchObject({ hit: 1, extended: 0 });
});

test('the shorter training is still known when the script goes back to it', async () => {
  const { run, counts } = await session();
  const first = await run(script(2));
  await run(script(5));
  const { steps } = counts;
  const back = await run(script(2));
  expect(back.history).toEqual(first.history);
  expect(back.digest).toBe(first.digest);
  expect(counts.steps).toBe(steps);
});

/** A rate at which every epoch is worse than the one before. */
const tooFast = { optimizer: sgd({ lr: 6 }) };

test.each([
  ['stays where its last epoch was best', 0.1, [2, 4], 3],
  ['goes back to an epoch before the extension', 1.4, [5, 6], 3],
  ['goes back to an epoch after it', 1.4, [2, 6], 3],
  ['goes back to the untrained net', 6, [2, 3], -1],
] as const)('loadBest %s, over the whole', async (_, lr, [from, to], best) => {
  const { run } = await session();
  const setup = { optimizer: sgd({ lr }) };
  const options = { watch: 'loss', loadBest: true } as const;
  const { report, ...outcome } = await lengthened(run, [from, to], options, setup);
  expect(outcome.best?.epoch).toBe(best);
  expect(outcome).toEqual(await fresh(to, options, setup));
  expect(report).toMatchObject({ extended: 1 });
});

test('patience counts over the whole: an extended train stops where one long run would', async () => {
  const { run, counts } = await session();
  const setup = tooFast;
  const options = { watch: 'loss', patience: 3 } as const;
  const { report, ...outcome } = await lengthened(run, [2, 9], options, setup);
  expect(outcome).toMatchObject({ stopped: 'patience', epochs: 3 });
  expect(outcome).toEqual(await fresh(9, options, setup));
  expect(report.extended).toBe(1);
  expect(counts.steps).toBe(3 * stepsAnEpoch);
});

test('patience that ran out with the last epoch stops an extension before it begins', async () => {
  const { run, counts } = await session();
  const setup = tooFast;
  const options = { watch: 'loss', patience: 3 } as const;
  const first = await run(script(3, options, setup));
  expect(first.stopped).toBe('epochs');
  const { report: _, ...outcome } = await run(script(9, options, setup));
  expect(outcome).toEqual(await fresh(9, options, setup));
  expect(counts.steps).toBe(3 * stepsAnEpoch);
});

test('a recorded early stop within the new total is a hit', async () => {
  const { run, counts } = await session();
  const setup = tooFast;
  const options = { watch: 'loss', patience: 3 } as const;
  const first = await run(script(6, options, setup));
  expect(first.stopped).toBe('patience');
  const { loads } = counts;
  const { report, ...outcome } = await run(script(12, options, setup));
  expect(outcome).toEqual(await fresh(12, options, setup));
  expect(report).toMatchObject({ hit: 1, run: 0 });
  expect(counts.loads).toBe(loads);
});

test('schedules go on where they were: of epochs, of steps, and one that watches', async () => {
  const setups: SetupOptions[] = [
    { epochScheduler: cosine({ tMax: 8 }) },
    { stepScheduler: cosine({ tMax: 20 }) },
    { epochScheduler: reduceOnPlateau({ patience: 0, threshold: 0.9 }) },
  ];
  for (const setup of setups) {
    const { run } = await session();
    const { report, ...outcome } = await lengthened(run, [3, 6], {}, setup);
    expect(outcome).toEqual(await fresh(6, {}, setup));
    expect(report.extended).toBe(1);
  }
});

test('a schedule that was made for the total is another past: it diverges, and says where', async () => {
  const { run } = await session();
  await run(script(3, {}, { epochScheduler: cosine({ tMax: 3 }) }));
  const longer = run(script(6, {}, { epochScheduler: cosine({ tMax: 6 }) }));
  await expect(longer).rejects.toThrow(
    /not gone on with unasked: more than the number of epochs has changed[^]*tMax 3 → 6/,
  );
});

test('fewer epochs, where that state was kept, are a hit; else a divergence that says so', async () => {
  const { run, counts } = await session();
  const options = { watch: 'loss' } as const;
  await run(script(2, options));
  await run(script(5, options));
  const { steps, loads } = counts;
  // The record of two epochs is gone with its name; the state after them is kept with the series.
  const two = await run(script(2, options), { id: 'other' });
  expect(two.report).toMatchObject({ adopted: 1 });
  await expect(run(script(3, options))).rejects.toThrow(/the state after 3 of the 5 epochs was not kept/);
  expect(counts).toMatchObject({ steps, loads });
});

test('fewer epochs than a finished train, equal to a snapshot on its way, need neither engine nor steps', async () => {
  const { run, counts } = await session();
  await run(async (model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      const signal = abortedAfterSteps(counts, 17);
      const training = cp.train(train, val, { epochs: 6, batchSize: 8, signal, snapshots: { keep: { every: 3 } } });
      await expect(training).rejects.toThrow('stopped by the test');
    });
  });
  // Three epochs are done and kept: asking for just these finds them.
  const { steps, loads } = counts;
  const { report: _, ...outcome } = await run(script(3));
  expect(outcome).toEqual(await fresh(3));
  expect(counts).toMatchObject({ steps, loads });
});

test('where a train or a cached call stands on it, extending is a divergence; rerun still trains only what is missing', async () => {
  const { run, counts } = await session();
  const two =
    (epochs: number) =>
    async (model: Model): Promise<string> => {
      await script(epochs)(model);
      await model.checkpoint(2, (cp) => cp.train(train, { epochs: 1, batchSize: 8 }));
      return model.checkpoint(2).stateDigest();
    };
  await run(two(2));
  const { steps } = counts;
  await expect(run(two(4))).rejects.toThrow(
    /not gone on with unasked: 1 train\(\) or cached\(\) call that stands on it would change/,
  );
  expect(counts.steps).toBe(steps);
  const rerun = await run(two(4), { onDivergence: 'rerun' });
  expect(counts.steps).toBe(steps + 2 * stepsAnEpoch + stepsAnEpoch);
  const other = await session();
  expect(rerun).toBe(await other.run(two(4)));
});

test('an evaluate on its end does not keep a train from being extended', async () => {
  const { run, counts } = await session();
  const scored = (epochs: number) => async (model: Model) => {
    const outcome = await script(epochs)(model);
    return { outcome, score: await model.checkpoint(1).evaluate(val) };
  };
  await run(scored(2));
  const { score } = await run(scored(3));
  expect(counts.steps).toBe(3 * stepsAnEpoch);
  const other = await session();
  expect(score).toEqual((await other.run(scored(3))).score);
});

test('an extended train whose metrics only observe lacks them in the epochs before, and says so', async () => {
  const { run, printed } = await session();
  await run(script(2));
  const more = await run((model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      return cp.train(train, val, { epochs: 3, batchSize: 8, metrics: [meanAbsoluteError()] });
    }),
  );
  expect(more.history.map((epoch) => 'mae' in epoch.train)).toEqual([false, false, true]);
  expect(printed.join('')).toContain("was recorded without metric 'mae'");
});

test('what another number of threads computed is not gone on with', async () => {
  const { run, counts } = await session();
  await run(script(2), { threads: 1 });
  await run(script(4), { threads: 2, id: 'other' });
  expect(counts.steps).toBe(6 * stepsAnEpoch);
});
