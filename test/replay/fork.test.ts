// onDivergence: 'fork' leaves the recorded branch under its id, and goes on beside it.
import { join } from 'node:path';
import { metric, type Model, type OpenOptions, mse, sgd } from '@reprise/core';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const train = line(40);
const val = line(16, 2);
const fork: OpenOptions<{ width: number }> = { onDivergence: 'fork' };

/** Two trains in a block, an evaluate on its handle, and a checkpoint that stands on it. */
const script =
  ({ lr = 0.1, second = 8 }: { lr?: number; second?: number } = {}) =>
  async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
      await cp.train(train, { epochs: 1, batchSize: second });
    });
    const score = await model.checkpoint(1).evaluate(val);
    await model.checkpoint(2, (cp) => cp.train(train, { epochs: 1, batchSize: 8 }));
    const digests = [await model.checkpoint(1).stateDigest(), await model.checkpoint(2).stateDigest()];
    const ids = (await model.checkpoints()).map(({ id }) => id.replace(/~[0-9a-f]{8}$/, '~'));
    return { score, digests, ids, report: model.report };
  };

async function fresh(change: Parameters<typeof script>[0] = {}) {
  const { run } = await session();
  return run(script(change));
}

test.each([
  ['a changed argument', { second: 4 }],
  ['a changed setup', { lr: 0.2 }],
] as const)('%s goes on under another id; what was recorded stays what it is', async (_, change) => {
  const { run, counts, printed } = await session();
  const first = await run(script());
  const forked = await run(script(change), fork);
  const expected = await fresh(change);
  expect(forked.score).toEqual(expected.score);
  expect(forked.digests).toEqual(expected.digests);
  expect(forked.ids).toEqual(['1', '2', '1~', '2~']);
  expect(printed.join('')).toContain("The block of checkpoint '1' differs from what is recorded there.");
  const { steps, evaluations } = counts;

  const back = await run(script());
  expect(back).toMatchObject({ score: first.score, digests: first.digests });
  expect(back.report).toMatchObject({ hit: 4, adopted: 0, run: 0 });
  const again = await run(script(change), fork);
  expect(again).toMatchObject({ score: forked.score, digests: forked.digests, ids: forked.ids });
  expect(again.report).toMatchObject({ adopted: 0, run: 0 });
  expect(counts).toMatchObject({ steps, evaluations });
});

test('the calls before the one that differs are shared, not computed again', async () => {
  const { run, counts } = await session();
  await run(script());
  const { steps } = counts;
  await run(script({ second: 4 }), fork);
  // The second train, in batches of 4, and the one of checkpoint 2.
  expect(counts.steps - steps).toBe(10 + 5);
});

test('a fork of a fork stands beside both', async () => {
  const { run } = await session();
  await run(script());
  await run(script({ second: 4 }), fork);
  const third = await run(script({ second: 2 }), fork);
  expect(third.digests).toEqual((await fresh({ second: 2 })).digests);
  expect(third.ids.filter((id) => id === '1~')).toHaveLength(2);
});

test('the fork can be named as a checkpoint of its own, in later runs too', async () => {
  const { run } = await session();
  await run(script());
  const forked = await run(script({ second: 4 }), fork);
  await run(async (model) => {
    const id = (await model.checkpoints()).find((each) => each.id.startsWith('1~'))?.id ?? '';
    expect(await model.checkpoint(id).stateDigest()).toBe(forked.digests[0]);
    await model.loadCheckpoint(id);
    await model.checkpoint('on it', (cp) => cp.train(train, { epochs: 1, batchSize: 8 }));
    expect(await model.checkpoint('on it').stateDigest()).toBe(forked.digests[1]);
    await model.checkpoint('also', { from: id }, async () => undefined);
  });
});

test('a handle draws the whole of a block that forked, the part that is shared included', async () => {
  const { run, drawn } = await session();
  await run(script());
  await run(async (model) => {
    await script({ second: 4 })(model);
    await model.checkpoint(1).plotMetrics();
  }, fork);
  expect(drawn.at(-1)?.map(({ history }) => history.length)).toEqual([1, 1]);
});

test('without the policy the same change asks again', async () => {
  const { run } = await session();
  await run(script());
  await run(script({ second: 4 }), fork);
  // It is known by now, so nothing has to be computed: it is adopted, and only then stands at its place.
  const adopted = await run(script({ second: 4 }));
  expect(adopted.report).toMatchObject({ adopted: 3, run: 0 });
});

test('a block and a call can say it as well as the model and the store', async () => {
  const { run } = await session();
  const one = (lr: number, policy: 'fork' | 'error', where: 'block' | 'call') => (model: Model) =>
    model.checkpoint(1, { ...(where === 'block' && { onDivergence: policy }) }, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.train(train, { epochs: 1, batchSize: 8, ...(where === 'call' && { onDivergence: policy }) });
      return cp.id;
    });
  await run(one(0.1, 'error', 'block'));
  await expect(run(one(0.2, 'error', 'call'), { onDivergence: 'fork' })).rejects.toMatchObject({ code: 'DIVERGENCE' });
  await run(one(0.2, 'fork', 'block'));
  await run(one(0.3, 'fork', 'call'));
  await run(async (model) => {
    expect((await model.checkpoints()).map(({ id }) => id.replace(/~.*/, '~'))).toEqual(['1', '1~', '1~']);
  });
});

test('a cached call on a handle has no branch to leave: fork runs it there', async () => {
  const { run } = await session();
  const doubled = (value: number) => async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
    });
    return model.checkpoint(1).cached('twice', { value }, ({ value: given }) => 2 * given);
  };
  expect(await run(doubled(1))).toBe(2);
  await expect(run(doubled(2))).rejects.toMatchObject({ code: 'DIVERGENCE' });
  expect(await run(doubled(2), fork)).toBe(4);
  expect(await run(doubled(1), fork)).toBe(2);
});

/** A metric that only observes, and throws when it has seen so many batches. */
function failing(left: number) {
  const definition = {
    mode: 'min',
    init: () => 0,
    update: () => {
      if (left-- === 0) throw new Error('the power is gone');
      return 0;
    },
    result: () => 0,
  } as const;
  return metric('failing', definition, { key: 'counts' });
}

const long =
  (lr: number, left = Infinity) =>
  async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.evaluate(val);
      await cp.train(train, { epochs: 4, batchSize: 8, metrics: [failing(left)] });
    });
    await model.checkpoint(2, (cp) => cp.train(train, { epochs: 1, batchSize: 8 }));
    return model.report;
  };

test('a fork that was interrupted is resumed as the fork; what was recorded stays whole', async () => {
  const { run, counts } = await session();
  await run(long(0.1));
  await expect(run(long(0.2, 12), fork)).rejects.toThrow('the power is gone');
  expect(await run(long(0.1))).toMatchObject({ hit: 3, adopted: 0, run: 0 });
  const { steps } = counts;
  expect(await run(long(0.2), fork)).toMatchObject({ resumed: 1 });
  expect(counts.steps - steps).toBe(2 * 5 + 5);
  expect(await run(long(0.1))).toMatchObject({ hit: 3, adopted: 0, run: 0 });
});

test('what comes before the train on a changed setup goes along', async () => {
  const { run } = await session();
  await run(long(0.1));
  await run(long(0.2), fork);
  await run(async (model) => {
    const ids = (await model.checkpoints()).map(({ id }) => id);
    expect(ids).toHaveLength(4);
    expect(await model.checkpoint(1).stateDigest()).not.toBe(await model.checkpoint(ids[2] ?? '').stateDigest());
  });
  expect(await run(long(0.1))).toMatchObject({ hit: 3, adopted: 0, run: 0 });
});

test('a block that is only set up otherwise forks when it ends', async () => {
  const { run } = await session();
  const first = await run(async (model) => {
    await script()(model);
    return model.checkpoint(1).stateDigest();
  });
  await run((model) => model.checkpoint(1, (cp) => cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.7 }) })), fork);
  expect(await run((model) => model.checkpoint(1).stateDigest())).toBe(first);
});

test('a block that differs only in a cached call forks as well, and its handle with it', async () => {
  const { run } = await session();
  const cached = (value: number) => async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
      await cp.cached('x', { value }, ({ value: given }) => given);
    });
    await model.checkpoint(1).evaluate(val);
    await model.checkpoint(1).cached('y', { value }, ({ value: given }) => given + 1);
    return model.report;
  };
  await run(cached(1));
  const id = await run(async (model) => {
    await cached(2)(model);
    return (await model.checkpoints()).at(-1)?.id ?? '';
  }, fork);
  expect(await run(cached(1))).toMatchObject({ hit: 4, adopted: 0, run: 0 });
  await run(async (model) => {
    expect(await model.checkpoint(id).stateDigest()).toBe(await model.checkpoint(1).stateDigest());
  });
});

test('in a run that has forked, deleting the checkpoint deletes the fork', async () => {
  const { run } = await session();
  await run(script());
  const left = await run(async (model) => {
    await script({ second: 4 })(model);
    await model.deleteCheckpoint(1);
    return (await model.checkpoints()).map(({ id }) => id.replace(/~.*/, '~'));
  }, fork);
  expect(left).toEqual(['1', '2', '2~']);
});

test('a fork that begins at an evaluate takes its setup along, and what was recorded keeps its own', async () => {
  const { run, folder } = await session();
  const asking = (lr: number) => (model: Model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.evaluate(val);
      await cp.train(train, { epochs: 1, batchSize: 8 });
    });
  await run(asking(0.1));
  await run(asking(0.2), fork);
  const store = await openStore(join(folder, 'store'));
  const entries = await store.log.entries({ lane: 'block' });
  await store.close();
  expect(entries.filter(({ status }) => status === 'superseded')).toEqual([]);
  const byNumber = new Map(entries.map((entry) => [entry.id, entry]));
  for (const { checkpoint, kind, parent } of entries) {
    if (kind !== 'setup') expect(byNumber.get(parent ?? 0)?.checkpoint).toBe(checkpoint);
  }
});

test('the id of a fork can be given back, however long the id that it is made of', async () => {
  const { run } = await session();
  const id = '🙂'.repeat(100);
  const named = (lr: number) => (model: Model) =>
    model.checkpoint(id, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.train(train, { epochs: 1, batchSize: 8 });
    });
  await run(named(0.1));
  await run(named(0.2), fork);
  await run(async (model) => {
    const [, made] = await model.checkpoints();
    await model.loadCheckpoint(made?.id ?? '');
  });
});
