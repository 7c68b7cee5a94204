import { describe, expect, it } from 'vitest';
import { failure } from '../failure.js';
import { begin, bits, stateBits, train } from './harness.js';
import type { Harness } from './harness.js';

export function evaluationSpec<H>(harness: Harness<H>): void {
  const { loss, batch, optimizers, wrongBatches } = harness.driver;
  const optimizer = optimizers[0]!;

  describe('evaluate', () => {
    it('changes nothing, and says the same each time', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      await train(harness, net, optimizer, { from: 0, to: 2 });
      const before = stateBits(net.capture());
      const first = await net.evaluate(batch(0, 16), loss);
      const outputs = bits(first.outputs);
      const second = await net.evaluate(batch(0, 16), loss);
      expect(second.loss).toBe(first.loss);
      expect(bits(second.outputs)).toEqual(outputs);
      expect(stateBits(net.capture())).toEqual(before);
    });

    it('gives the outputs of the description, a row a sample', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      for (const samples of [1, 7, 16]) {
        const { outputs } = await net.evaluate(batch(0, samples), null);
        expect([...outputs.keys()].toSorted()).toEqual([...net.description.outputs].toSorted());
        for (const { shape } of outputs.values()) expect(shape[0]).toBe(samples);
      }
    });

    it('needs no target, and gives no loss, where no loss is asked for', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const inputs = new Map([...batch(0, 4)].filter(([name]) => net.description.inputs.includes(name)));
      expect((await net.evaluate(inputs, null)).loss).toBeNull();
    });

    it('works on a net without an optimizer', async () => {
      const net = await harness.load();
      net.restore({ net: net.initialize(1), optimizer: null });
      expect(Number.isFinite((await net.evaluate(batch(0, 4), loss)).loss)).toBe(true);
      expect(net.capture().optimizer).toBeNull();
    });

    it.each(wrongBatches)('refuses a batch that doesn’t fit: $what', async ({ batch: wrong }) => {
      const net = begin(await harness.load(), optimizer.recipe);
      await failure(net.evaluate(wrong, loss), 'DATA_MISMATCH');
      await net.evaluate(batch(0, 4), loss);
    });
  });
}
