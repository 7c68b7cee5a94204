// DESIGN's table: an unfinished train of the same fingerprint is resumed from its newest good snapshot.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { adam, arrays, metric, type Model, mse, sgd, stepLR } from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { openStore } from '@reprise/store';
import { Script } from '../support/script.js';
import { line, type Session, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);
const stepsAnEpoch = 5;

/** A metric that only observes, and throws when it has seen so many batches in this process. */
function failing(state: { left: number }) {
  return metric(
    'failing',
    {
      mode: 'min',
      init: () => 0,
      update: (count: number) => {
        if (state.left-- === 0) throw new Error('the power is gone');
        return count + 1;
      },
      result: (count: number) => count,
    },
    { key: 'counts' },
  );
}

const script =
  (left: number, epochs = 6, lr = 0.1) =>
  async (model: Model) => {
    const metrics = [failing({ left })] as const;
    const result = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adam({ lr }), epochScheduler: stepLR({ stepSize: 2 }) });
      return cp.train(train, val, { epochs, batchSize: 8, metrics, watch: 'loss', loadBest: true });
    });
    const history = result.history.map((epoch) => ({ ...epoch, time: 0 }));
    return { result: { ...result, history }, digest: await model.checkpoint(1).stateDigest() };
  };

async function interrupted(run: Session['run'], left: number, epochs = 6): Promise<void> {
  await expect(run(script(left, epochs))).rejects.toThrow('the power is gone');
}

describe('a train that threw in the middle', () => {
  // A metric sees validation batches too: two before training, then two behind each epoch's five.
  test.each([
    ['in its first epoch', 3, 0],
    ['in its second', 9, 1],
    ['in its last', 38, 5],
  ])('%s is resumed after its last whole epoch, and ends as an uninterrupted one', async (_, left, whole) => {
    const { run, counts, printed } = await session();
    await interrupted(run, left);
    const before = counts.steps;
    const outcome = await run(async (model) => {
      const came = await script(Infinity)(model);
      expect(model.report).toMatchObject(whole > 0 ? { resumed: 1, run: 0 } : { run: 1 });
      return came;
    });
    expect(counts.steps - before).toBe((6 - whole) * stepsAnEpoch);
    const other = await session();
    expect(outcome).toEqual(await other.run(script(Infinity)));
    if (whole > 0) expect(printed.join('')).toContain(`[1] train #1 (resumed after epoch ${whole} of 6`);
    const again = counts.steps;
    expect(await run(script(Infinity))).toEqual(outcome);
    expect(counts.steps).toBe(again);
  });

  test('again and again, it gets on each time', async () => {
    const { run, counts } = await session();
    for (let i = 0; i < 5; i++) await interrupted(run, 8);
    const outcome = await run(script(Infinity));
    const other = await session();
    expect(outcome).toEqual(await other.run(script(Infinity)));
    // It fails while it validates: not one step is taken twice.
    expect(counts.steps).toBe(6 * stepsAnEpoch);
  });

  test('never counts as done: nothing is recorded for it', async () => {
    const { run } = await session();
    await interrupted(run, 20);
    await run(async (model) => {
      await expect(model.checkpoint(1).plotMetrics()).rejects.toMatchObject({ code: 'NO_CHECKPOINT' });
    });
  });

  test('is gone on with by one that asks for another number of epochs', async () => {
    const { run, counts } = await session();
    await interrupted(run, 18);
    const before = counts.steps;
    const longer = await run(async (model) => {
      const came = await script(Infinity, 8)(model);
      expect(model.report).toMatchObject({ extended: 1 });
      return came;
    });
    expect(counts.steps - before).toBe(6 * stepsAnEpoch);
    const other = await session();
    expect(longer).toEqual(await other.run(script(Infinity, 8)));
  });

  test('is resumed without asking also where it was to take the place of another', async () => {
    const { run, counts } = await session();
    await run(script(Infinity, 2));
    const changed = (left: number) => script(left, 6, 0.2);
    await expect(run(changed(18), { onDivergence: 'rerun' })).rejects.toThrow('the power is gone');
    const before = counts.steps;
    await run(changed(Infinity));
    expect(counts.steps - before).toBe(4 * stepsAnEpoch);
  });

  test('says at once how much of it is stored', async () => {
    const { run, printed } = await session();
    await interrupted(run, 18);
    expect(printed.join('')).toContain(
      '[1] train #1 stopped: 2 of 6 epochs are stored, and the same call goes on from there.',
    );
  });

  test('gives way to what is recorded, where that is accepted instead', async () => {
    const { run, counts, folder } = await session();
    const first = await run(script(Infinity, 6));
    await expect(run(script(18, 6, 0.2), { onDivergence: 'rerun' })).rejects.toThrow('the power is gone');
    const store = await openStore(join(folder, 'store'));
    const [entry] = await store.log.entries({ kind: 'train', status: 'live' });
    await store.log.settle(entry?.id ?? 0, 'accept', 1);
    await store.close();
    const before = counts.steps;
    expect(await run(script(Infinity, 6, 0.2))).toEqual(first);
    expect(counts.steps).toBe(before);
  });

  test('leaves the checkpoint where it was, though its setup was edited', async () => {
    const { run } = await session();
    const { digest } = await run(script(Infinity, 6));
    await expect(run(script(18, 6, 0.2), { onDivergence: 'rerun' })).rejects.toThrow('the power is gone');
    expect(await run((model) => model.checkpoint(1).stateDigest())).toBe(digest);
  });

  test('does not take what stands on the recorded op along, where nobody agreed to that', async () => {
    const { run, folder } = await session();
    const two =
      (lr: number, left = Infinity) =>
      async (model: Model) => {
        await script(left, 6, lr)(model);
        await model.checkpoint(2, (cp) => cp.train(train, { epochs: 1, batchSize: 8 }));
      };
    await run(two(0.1));
    await expect(run(script(18, 6, 0.2), { id: 'other' })).rejects.toThrow('the power is gone');
    await expect(run(two(0.2))).rejects.toMatchObject({ code: 'DIVERGENCE', details: { checkpoint: '2' } });
    const store = await openStore(join(folder, 'store'));
    expect(await store.log.entries({ model: 'toy', checkpoint: '2', kind: 'train', status: 'live' })).toHaveLength(1);
    await store.close();
  });

  test('starts anew where its snapshot is damaged, and says so', async () => {
    const { run, folder, printed, counts } = await session();
    await interrupted(run, 0);
    const blobs = (): Promise<string[]> => readdir(join(folder, 'store', 'blobs'), { recursive: true });
    const before = new Set(await blobs());
    await interrupted(run, 18);
    for (const name of await blobs()) {
      if (!before.has(name)) await rm(join(folder, 'store', 'blobs', name), { recursive: true, force: true });
    }
    const { steps } = counts;
    const outcome = await run(script(Infinity));
    expect(counts.steps - steps).toBe(6 * stepsAnEpoch);
    const other = await session();
    expect(outcome).toEqual(await other.run(script(Infinity)));
    expect(printed.join('')).toContain("can't be read, so it was not gone on with");
  });
});

test('an aborted train is resumed too, and its reason is what the call throws', async () => {
  const { run, counts } = await session();
  const controller = new AbortController();
  const abortable = (signal?: AbortSignal) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      let seen = 0;
      const stop = metric(
        'stop',
        {
          mode: 'min',
          init: () => 0,
          update: () => (++seen === 12 ? (controller.abort(new Error('enough')), 0) : 0),
          result: () => 0,
        },
        { key: 'stop' },
      );
      return cp.train(train, { epochs: 4, batchSize: 8, metrics: [stop], ...(signal && { signal }) });
    });
  await expect(run(abortable(controller.signal))).rejects.toThrow('enough');
  const before = counts.steps;
  await run(abortable());
  expect(counts.steps - before).toBe(4 * stepsAnEpoch - 12);
});

test('what data that were written to led to is not gone on with', async () => {
  const { run, counts } = await session();
  const [input, target] = [new Float32Array(120).fill(0.5), new Float32Array(40).fill(1)];
  const training = (left: number) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      const data = arrays({ input: { data: input, shape: [3] }, target: { data: target, shape: [1] } });
      const stop = metric(
        'stop',
        {
          mode: 'min',
          init: () => 0,
          update: () => {
            if (left-- === 0) throw new Error('the power is gone');
            if (left === 8) input.fill(0.7);
            return 0;
          },
          result: () => 0,
        },
        { key: 'stop' },
      );
      return cp.train(data, { epochs: 4, batchSize: 8, metrics: [stop] });
    });
  await expect(run(training(12))).rejects.toThrow('the power is gone');
  input.fill(0.5);
  const before = counts.steps;
  await run(training(Infinity));
  expect(counts.steps - before).toBe(4 * stepsAnEpoch);
});

test('what was computed is not lost where it can not be recorded: the same call goes on from its end', async () => {
  const { run, counts, folder } = await session();
  const [parent, child] = [
    (model: Model) =>
      model.checkpoint('parent', async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.3 }) });
        await cp.train(train, { epochs: 1, batchSize: 8 });
      }),
    (model: Model) => model.checkpoint('child', (cp) => cp.train(train, { epochs: 3, batchSize: 8 })),
  ];
  const store = await openStore(join(folder, 'store'));
  const losing = run(async (model) => {
    await parent(model);
    const training = child(model);
    // Another process deletes what the train stands on, while it runs.
    await new Promise((resolve) => setImmediate(resolve));
    await store.log.deleteCheckpoint('toy', 'parent');
    await training;
  });
  await expect(losing).rejects.toThrow(/was deleted by another process/);
  await store.close();
  const before = counts.steps;
  await run(async (model) => {
    await parent(model);
    await child(model);
  });
  expect(counts.steps - before).toBeLessThanOrEqual(stepsAnEpoch * 4);
});

test('deleting the checkpoint of an unfinished train deletes what was kept of it', async () => {
  const { run, counts } = await session();
  await interrupted(run, 18);
  await run((model) => model.deleteCheckpoint(1));
  const before = counts.steps;
  await run(script(Infinity));
  expect(counts.steps - before).toBe(6 * stepsAnEpoch);
});

test('a killed process is gone on with from its last snapshot, bit for bit', { timeout: 240_000 }, async () => {
  const deadly = await Script.open(new URL('killed.ts', import.meta.url));
  const slow = { PAUSE: '600', KILL_AT: '7' };
  await expect(deadly.run([], { env: slow })).rejects.toMatchObject({ signal: 'SIGKILL' });
  const { value, output } = await deadly.run<{ batches: number; digest: string }>();
  expect(output).toMatch(/resumed after epoch \d of 10/);
  expect(value.batches).toBeLessThan(20);
  const fresh = await Script.open(new URL('killed.ts', import.meta.url));
  expect((await fresh.run<{ digest: string }>()).value.digest).toBe(value.digest);
});
