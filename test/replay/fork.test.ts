// onDivergence: 'fork' leaves the recorded branch under its id, and goes on beside it.
import { type Model, type OpenOptions, mse, sgd } from '@reprise/core';
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
