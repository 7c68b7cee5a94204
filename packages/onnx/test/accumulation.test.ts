import { adam, crossEntropy, mse, sgd } from '@reprise/core';
import type { Batch, LoadedNet, Recipe } from '@reprise/core';
import { nn } from '@reprise/onnx';
import { describe, expect, it } from 'vitest';
import { zeros } from '../src/nn/initializers.js';
import { GradientMean } from '../src/optimizers/gradient-mean.js';
import { batchOf, begin, distance, float32, numbers, open, tensor, values } from './support.js';

const lr = 0.5;

/** The parameters after one step by these batches. */
async function stepped(net: LoadedNet, loss: Recipe, batches: readonly Batch[]): Promise<{ [name: string]: number[] }> {
  await begin(net, sgd());
  const trainer = await net.trainer({ loss, optimizer: sgd(), frozen: [], clip: null });
  for (const [part, batch] of batches.entries()) await trainer.accumulate(batch, { seed: 0, step: 0, part });
  await trainer.update({ lr });
  const all = Object.fromEntries([...net.capture().net].map(([name, each]) => [name, values(each)]));
  await net.dispose();
  return all;
}

describe('gradients accumulated over batches', () => {
  it('are those of the mean over all class weights, where the loss has some, and not the mean of the means', async () => {
    const [weight, classes] = [
      [1, 5, 0.2],
      [0, 0, 0, 0, 1, 2, 0, 1, 2],
    ];
    const rows = numbers(classes.length * 2, 3);
    const batch = (from: number, to: number): Batch =>
      batchOf({
        input: float32([to - from, 2], rows.slice(2 * from, 2 * to)),
        target: tensor('int32', [to - from], Int32Array.from(classes.slice(from, to))),
      });
    const update = async (of: readonly Batch[], loss = crossEntropy({ weight })): Promise<number[]> =>
      (await stepped(await open(nn.sequential({ fc: nn.linear(2, 3) })), loss, of))['fc.weight']!;
    const [whole, parts] = [await update([batch(0, 9)]), await update([batch(0, 4), batch(4, 8), batch(8, 9)])];
    expect(distance(parts, whole)).toBeLessThan(1e-6);
    const alone = await Promise.all(
      [
        [0, 4],
        [4, 8],
        [8, 9],
      ].map(([from, to]) => update([batch(from!, to!)])),
    );
    const mean = whole.map((_, i) => alone.reduce((sum, each) => sum + each[i]! / 3, 0));
    expect(distance(mean, whole)).toBeGreaterThan(1e-2);
  });

  it('leave running statistics as the batches one after the other do', async () => {
    const batches = [1, 2, 3].map((seed) =>
      batchOf({ input: float32([4, 2], numbers(8, seed)), target: float32([4, 2], numbers(8, seed + 9)) }),
    );
    const end = await stepped(await open(nn.sequential({ norm: nn.batchNorm(2) })), mse(), batches);
    const running = { mean: [0, 0], variance: [1, 1] };
    for (const batch of batches) {
      const rows = values(batch.get('input'));
      for (const column of [0, 1]) {
        const x = [0, 1, 2, 3].map((row) => rows[2 * row + column]!);
        const mean = x.reduce((sum, each) => sum + each / 4, 0);
        const variance = x.reduce((sum, each) => sum + (each - mean) ** 2 / 3, 0);
        running.mean[column] = 0.9 * running.mean[column]! + 0.1 * mean;
        running.variance[column] = 0.9 * running.variance[column]! + 0.1 * variance;
      }
    }
    expect(distance(end['norm.running_mean']!, running.mean)).toBeLessThan(1e-6);
    expect(distance(end['norm.running_var']!, running.variance)).toBeLessThan(1e-6);
  });

  it('are right for two parameters whose gradients are one tensor', async () => {
    // y = x + (a + b): the gradient of the mean squared error is 2 · mean(y − t) over the samples, for both.
    const twins = nn.graph((g, { input }) =>
      g.add(input, g.add(g.parameter('a', [1], zeros), g.parameter('b', [1], zeros))),
    );
    const xs = [1, 2, 4, 8, 16];
    const batch = (from: number, to: number): Batch =>
      batchOf({
        input: float32([to - from, 1], xs.slice(from, to)),
        target: float32(
          [to - from, 1],
          xs.slice(from, to).map((x) => x / 2),
        ),
      });
    const end = await stepped(await open(twins), mse(), [batch(0, 2), batch(2, 5)]);
    const gradient = (2 * xs.reduce((sum, x) => sum + x / 2, 0)) / xs.length;
    expect(end['a']![0]).toBeCloseTo(-lr * gradient, 4);
    expect(end['b']![0]).toBeCloseTo(-lr * gradient, 4);
  });
});

describe('the mean of gradients', () => {
  it('is weighted, and one alone is as it was', () => {
    const mean = new GradientMean();
    const names = ['w'];
    mean.add({ names, arrays: [Float32Array.of(0.1, -3)] }, 3);
    expect(mean.take()).toEqual({ names, arrays: [Float32Array.of(0.1, -3)] });
    const sizes = [3, 1, 7, 2];
    const all = sizes.map((_, i) => numbers(5, i + 1));
    for (const [i, size] of sizes.entries()) mean.add({ names, arrays: [Float32Array.from(all[i]!)] }, size);
    const expected = all[0]!.map((_, k) => all.reduce((sum, each, i) => sum + (each[k]! * sizes[i]!) / 13, 0));
    expect(distance(mean.take().arrays[0]!, expected)).toBeLessThan(1e-6);
  });
});

it('resident memory stays level over many steps of several batches', async () => {
  const net = await begin(await open(nn.sequential({ a: nn.linear(128, 128), b: nn.linear(128, 8) })), adam());
  const trainer = await net.trainer({ loss: mse(), optimizer: adam(), frozen: [], clip: null });
  const batch = batchOf({ input: float32([32, 128]), target: float32([32, 8]) });
  const steps = async (from: number, to: number): Promise<number> => {
    for (let step = from; step < to; step++) {
      for (let part = 0; part < 4; part++) await trainer.accumulate(batch, { seed: 0, step, part });
      await trainer.update({ lr: 1e-4 });
    }
    return process.memoryUsage.rss();
  };
  const before = await steps(0, 300);
  const after = await steps(300, 1500);
  // Had each step kept one gradient (70 kB), this would be 84 MB.
  expect(after - before).toBeLessThan(40e6);
  await net.dispose();
}, 120_000);
