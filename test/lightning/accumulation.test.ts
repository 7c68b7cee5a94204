// Lightning's GradientAccumulationScheduler: another number of batches to an update from some epoch on. Here that is another train of the block.
import { mse, sgd } from '@reprise/core';
import { expect, test } from 'vitest';
import { line, session } from '../support/session.js';

const data = line(32);

test('each train of a block has its own number of batches to an update', async () => {
  const { run } = await session();
  const losses = await run((model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      const options = { epochs: 1, shuffle: false } as const;
      await cp.train(data, { ...options, batchSize: 8 });
      await cp.train(data, { ...options, batchSize: 8, accumulate: 4 });
      return cp.evaluate(data);
    }),
  );
  // Four batches that make one update are one batch of all samples, up to rounding.
  const whole = await (
    await session()
  ).run((model) =>
    model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.train(data, { epochs: 1, shuffle: false, batchSize: 8 });
      await cp.train(data, { epochs: 1, shuffle: false, batchSize: 32 });
      return cp.evaluate(data);
    }),
  );
  expect(losses.loss).toBeCloseTo(whole.loss as number, 5);
  expect(losses.loss).toBeGreaterThan(0.001);
});
