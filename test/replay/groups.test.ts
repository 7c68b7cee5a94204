// Parameter groups are part of the optimizer's recipe: checked where they are set up, told one by one where they change, and gone on with exactly.
import {
  adam,
  adamw,
  cosine,
  type Data,
  groups,
  linearWarmup,
  type Model,
  mse,
  type Optimizer,
  sgd,
  type TrainCallOptions,
} from '@reprise/core';
import { nn, onnx } from '@reprise/onnx';
import { describe, expect, test } from 'vitest';
import { abortedAtSample, sameData } from '../support/aborts.js';
import { netSession } from '../support/net-session.js';
import { line } from '../support/session.js';

const engine = onnx(() =>
  nn.sequential({ backbone: nn.sequential({ a: nn.linear(3, 6), act: nn.tanh() }), head: nn.linear(6, 1) }),
);
const data = line(40);

const script =
  (optimizer: Optimizer, options: Partial<TrainCallOptions<readonly []>> = {}, from: Data = data) =>
  async (model: Model) => {
    const result = await model.checkpoint(1, async (cp) => {
      await cp.setup({
        loss: mse(),
        optimizer,
        epochScheduler: cosine({ tMax: 3 }),
        stepScheduler: linearWarmup({ steps: 6 }),
      });
      return cp.train(from, { epochs: 3, batchSize: 8, progress: 'silent', ...options });
    });
    return { lrs: result.history.map(({ lr }) => lr), digest: await model.checkpoint(1).stateDigest() };
  };

describe('an optimizer with groups', () => {
  const optimizers: readonly (readonly [string, Optimizer])[] = [
    ['of options', adamw({ lr: 0.01, groups: [{ parameters: ['backbone.*'], lr: 0.001, weightDecay: 0 }] })],
    ['of optimizers', groups({ 'backbone.*': sgd({ lr: 0.01, momentum: 0.9 }), '*': adam({ lr: 0.02 }) })],
  ];

  test.each(optimizers.flatMap(([name, optimizer]) => [3, 8, 12].map((batch) => [name, batch, optimizer] as const)))(
    '%s, stopped at batch %i of 15: ends as an uninterrupted train',
    async (_, batch, optimizer) => {
      const at = await netSession(engine);
      const { data: stopping, signal } = abortedAtSample(data, 8 * batch);
      await expect(at.run(script(optimizer, { signal }, stopping))).rejects.toThrow('stopped by the test');
      const expected = await (await netSession(engine)).run(script(optimizer, {}, sameData(data)));
      expect(await at.run(script(optimizer, {}, sameData(data)))).toEqual(expected);
    },
  );

  test('says which option of which group has changed', async () => {
    const at = await netSession(engine);
    const given = (lr: number) => adam({ groups: [{ parameters: ['backbone.*'], lr }] });
    await at.run(script(given(1e-4)));
    await expect(at.run(script(given(1e-5)))).rejects.toThrow(/optimizer\.backbone\.\*\.lr 0\.0001 → 0\.00001/);
  });

  test('is refused by setup where its patterns do not fit the net', async () => {
    const at = await netSession(engine);
    const misspelt = adam({ groups: [{ parameters: ['backbon.*'], lr: 1e-4 }] });
    await expect(at.run(script(misspelt))).rejects.toThrow(/setup\(\).*Did you mean 'backbone\.\*'/);
    await expect(at.run(script(groups({ 'backbone.*': adam() })))).rejects.toThrow(/head\.weight, head\.bias/);
  });

  test('that has none is the optimizer that was recorded before there were any', async () => {
    const at = await netSession(engine);
    const first = await at.run(script(adam()));
    expect(await at.run(script(adam({ groups: [] })))).toEqual(first);
  });
});
