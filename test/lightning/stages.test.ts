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
    const fitted = await fit(3)(model);
    return { digest: fitted, ...(await model.evaluate(held)) };
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
