import { describe, expect, it } from 'vitest';
import { begin, bits, stateBits, train } from './harness.js';
import type { Harness } from './harness.js';

export function dropoutSpec<H>(harness: Harness<H>): void {
  const { dropout, loss, batch, optimizers } = harness.driver;
  if (dropout === null) return;
  const optimizer = optimizers[0]!;

  /** The loss of one step at a rate of 0, from the same state. */
  async function lossAt(step: number, seed: number): Promise<number> {
    const net = begin(await harness.load(dropout!), optimizer.recipe);
    const [value] = await train(harness, net, optimizer, { from: step, to: step + 1, seed, lr: 0, batchOf: () => 0 });
    return value!;
  }

  describe('dropout', () => {
    it('is a function of seed and step, whatever ran before', async () => {
      expect(await lossAt(5, 7)).toBe(await lossAt(5, 7));
      expect(await lossAt(6, 7)).not.toBe(await lossAt(5, 7));
      expect(await lossAt(5, 8)).not.toBe(await lossAt(5, 7));
    });

    it('goes on exactly from a captured state', async () => {
      const net = begin(await harness.load(dropout), optimizer.recipe);
      await train(harness, net, optimizer, { from: 0, to: 4 });
      const captured = net.capture();
      const losses = await train(harness, net, optimizer, { from: 4, to: 8 });
      const end = stateBits(net.capture());
      const other = await harness.load(dropout);
      other.restore(captured);
      expect(await train(harness, other, optimizer, { from: 4, to: 8 })).toEqual(losses);
      expect(stateBits(other.capture())).toEqual(end);
    });

    it('is off in evaluation', async () => {
      const net = begin(await harness.load(dropout), optimizer.recipe);
      const first = await net.evaluate(batch(0, 16), loss);
      const outputs = bits(first.outputs);
      const second = await net.evaluate(batch(0, 16), loss);
      expect(second.loss).toBe(first.loss);
      expect(bits(second.outputs)).toEqual(outputs);
    });
  });
}
