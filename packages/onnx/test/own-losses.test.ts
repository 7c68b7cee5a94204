import { adam, sgd } from '@reprise/core';
import { loss as ownLoss, nn } from '@reprise/onnx';
import { describe, expect, it } from 'vitest';
import { batchOf, begin, float32, open, tensor } from './support.js';

describe('custom losses in training', () => {
  it('are compiled apart, also under one name', async () => {
    const loaded = await begin(await open(nn.linear(2, 1)), sgd());
    const batch = batchOf({ input: float32([2, 2]), target: float32([2, 1]) });
    const once = await loaded.evaluate(
      batch,
      ownLoss('l', (g, { output }) => g.reduceMean(output!)),
    );
    const twice = await loaded.evaluate(
      batch,
      ownLoss('l', (g, { output }) => g.mul(g.reduceMean(output!), 2)),
    );
    expect(twice.loss).toBeCloseTo(2 * once.loss!, 6);
  });
});

describe('a loss that no gradient leaves', () => {
  it('is refused by its name, as training would change nothing', async () => {
    const loaded = await begin(await open(nn.linear(3, 2)), adam());
    const hard = ownLoss('hard', (g, { output }) => g.reduceMean(g.sign(output!)));
    const trainer = await loaded.trainer({ loss: hard, optimizer: adam(), frozen: [], clip: null });
    const batch = batchOf({ input: tensor('float32', [1, 3], Float32Array.of(1, 2, 3)) });
    await expect(trainer.step(batch, { lr: 0.1, seed: 0, step: 0 })).rejects.toThrow(/'hard'.*NO_GRADIENT/s);
  });
});
