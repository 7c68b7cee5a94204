// reference/lightning-resume-questions.md: `setup(stage)` makes the net and the optimizer, or neither where the stage is 'test'. Here a stage is which calls a script makes.
import { adamw, cosine, type Model, mse } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const train = line(32);
const held = line(16, 2);

const fit = (epochs: number) => async (model: Model) => {
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: adamw({ lr: 0.05 }), stepScheduler: cosine({ tMax: 40 }) });
    await cp.train(train, { epochs, batchSize: 8 });
  });
  return model.checkpoint(1).stateDigest();
};

test('a script that only tests gives no optimizer: scores are those of the trained state, and nothing of it changes', async () => {
  const { run, counts } = await session();
  const { loss, digest } = await run(async (model) => {
    const digest = await fit(3)(model);
    return { digest, ...(await model.evaluate(held)) };
  });
  const { steps } = counts;
  const tested = await run(async (model) => {
    const scores = await model.checkpoint(1).evaluate(held);
    return { digest: await model.checkpoint(1).stateDigest(), loss: scores.loss };
  });
  expect(tested).toEqual({ digest, loss });
  expect(counts.steps).toBe(steps);
});

test('after it, fitting goes on with the optimizer and the schedule that were there', async () => {
  const { run } = await session();
  await run(fit(3));
  await run((model) => model.checkpoint(1).evaluate(held));
  const more = await run(fit(5));
  expect(more).toBe(await (await session()).run(fit(5)));
});

test('layers that learn later: a train that freezes them leaves them as they are, and the next one moves them', async () => {
  const { run } = await session();
  await run(async (model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adamw({ lr: 0.05 }) });
      const before = await cp.stateDict();
      await expect(cp.train(train, { epochs: 1, batchSize: 8, freeze: ['w'] })).rejects.toThrow();
      expect(await cp.stateDict()).toEqual(before);
      await cp.train(train, { epochs: 1, batchSize: 8 });
      expect(await cp.stateDict()).not.toEqual(before);
    });
  });
});
