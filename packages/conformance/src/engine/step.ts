import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import { begin, bits, stateBits, train } from './harness.js';
import type { Harness, Optimizer } from './harness.js';

export function stepSpec<H>(harness: Harness<H>, optimizer: Optimizer): void {
  const { driver } = harness;
  const { loss, batch, wrongBatches } = driver;

  describe('a step', () => {
    it('learns', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const losses = await train(harness, net, optimizer, { from: 0, to: 30, batchOf: () => 0 });
      expect(losses.at(-1)!).toBeLessThan(0.9 * losses[0]!);
    });

    it('returns loss and outputs as they were before its update', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      await train(harness, net, optimizer, { from: 0, to: 3 });
      const expected = await net.evaluate(batch(9, 16), loss);
      const outputs = [...expected.outputs].map(([name, { data }]): [string, number[]] => [
        name,
        Array.from(data, Number),
      ]);
      const trainer = await net.trainer({ loss, optimizer: optimizer.recipe, frozen: [], clip: null });
      const step = await trainer.step(batch(9, 16), { lr: optimizer.lr, seed: 7, step: 3 });
      expect(step.loss).toBeCloseTo(expected.loss!, 5);
      for (const [name, values] of outputs) {
        Array.from(step.outputs.get(name)!.data, Number).forEach((value, i) =>
          expect(value).toBeCloseTo(values[i]!, 5),
        );
      }
    });

    it('leaves the parameters as they are at a rate of 0', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const before = bits(net.capture().net);
      await train(harness, net, optimizer, { from: 0, to: 2, lr: 0 });
      expect(bits(net.capture().net)).toEqual(before);
    });

    it('takes the rate of each step, without being compiled anew', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const trainer = await net.trainer({ loss, optimizer: optimizer.recipe, frozen: [], clip: null });
      const start = net.capture();
      const after: unknown[] = [];
      for (const lr of [optimizer.lr, optimizer.lr / 2, optimizer.lr]) {
        net.restore(start);
        await trainer.step(batch(0, 16), { lr, seed: 7, step: 0 });
        after.push(bits(net.capture().net));
      }
      expect(after[1]).not.toEqual(after[0]);
      expect(after[2]).toEqual(after[0]);
    });

    it('takes batches of any size, one after the other', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const trainer = await net.trainer({ loss, optimizer: optimizer.recipe, frozen: [], clip: null });
      for (const [step, samples] of [16, 5, 1, 16].entries()) {
        const result = await trainer.step(batch(step, samples), { lr: optimizer.lr, seed: 7, step });
        expect(Number.isFinite(result.loss)).toBe(true);
        for (const { shape } of result.outputs.values()) expect(shape[0]).toBe(samples);
      }
    });

    it.each(wrongBatches)('refuses a batch that doesn’t fit, and changes nothing: $what', async ({ batch: wrong }) => {
      const net = begin(await harness.load(), optimizer.recipe);
      await train(harness, net, optimizer, { from: 0, to: 1 });
      const before = stateBits(net.capture());
      const trainer = await net.trainer({ loss, optimizer: optimizer.recipe, frozen: [], clip: null });
      await failure(trainer.step(wrong, { lr: optimizer.lr, seed: 7, step: 1 }), 'DATA_MISMATCH');
      expect(stateBits(net.capture())).toEqual(before);
      await train(harness, net, optimizer, { from: 1, to: 2 });
    });
  });
}
