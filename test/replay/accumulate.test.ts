// Gradients of several batches make one update: stopped between any two of them, a train ends as an uninterrupted one, and where there is nothing to gather the
// call is the one that was recorded before there was such an option.
import {
  adam,
  type Data,
  linearWarmup,
  meanAbsoluteError,
  type Model,
  mse,
  type TrainCallOptions,
} from '@reprise/core';
import { nn, onnx } from '@reprise/onnx';
import { describe, expect, test } from 'vitest';
import { abortedAfterSteps, abortedAtSample, sameData } from '../support/aborts.js';
import { netSession } from '../support/net-session.js';
import { line, session } from '../support/session.js';

const epochs = 3;
// Nine batches of eight: steps of four, of four and of one.
const data = line(72);

const script =
  (options: Partial<TrainCallOptions<readonly []>> = {}, from: Data = data) =>
  async (model: Model) => {
    const { history } = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }), stepScheduler: linearWarmup({ steps: 7 }) });
      const metrics = [meanAbsoluteError()] as unknown as readonly [];
      return cp.train(from, { epochs, batchSize: 8, accumulate: 4, metrics, progress: 'silent', ...options });
    });
    return { scores: history.map((epoch) => ({ ...epoch, time: 0 })), digest: await model.checkpoint(1).stateDigest() };
  };

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'stopped after %i of 9 updates, it ends as an uninterrupted train',
  async (steps) => {
    const at = await session();
    const expected = await (await session()).run(script());
    await expect(at.run(script({ signal: abortedAfterSteps(at.counts, steps) }))).rejects.toThrow(
      'stopped by the test',
    );
    expect(at.counts.steps).toBe(steps);
    expect(await at.run(script())).toEqual(expected);
    expect(at.counts.steps).toBe(9);
  },
);

test('another number is a divergence that says so; 1 is the call without', async () => {
  const at = await session();
  await at.run(script({ accumulate: 1 }));
  const { steps } = at.counts;
  const given = async (model: Model) => {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.1 }), stepScheduler: linearWarmup({ steps: 7 }) });
      await cp.train(data, { epochs, batchSize: 8, metrics: [meanAbsoluteError()], progress: 'silent' });
    });
  };
  await at.run(given);
  expect(at.counts.steps).toBe(steps);
  await expect(at.run(script())).rejects.toThrow(/accumulate \(none\) → 4/);
});

describe('with dropout and running statistics', () => {
  const engine = onnx(() =>
    nn.sequential({ a: nn.linear(3, 6), norm: nn.batchNorm(6), drop: nn.dropout(0.3), b: nn.linear(6, 1) }),
  );
  test.each([2, 6, 11, 17, 22])(
    'stopped at batch %i, within a step, it ends as an uninterrupted train',
    async (batches) => {
      const at = await netSession(engine);
      const { data: stopping, signal } = abortedAtSample(data, 8 * batches);
      await expect(at.run(script({ signal }, stopping))).rejects.toThrow('stopped by the test');
      const expected = await (await netSession(engine)).run(script({}, sameData(data)));
      expect(await at.run(script({}, sameData(data)))).toEqual(expected);
    },
  );
});
