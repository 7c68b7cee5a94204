import { describe, expect, it } from 'vitest';
import { begin, stateBits, train } from './harness.js';
import type { Harness, Optimizer } from './harness.js';

export function determinismSpec<H>(harness: Harness<H>, optimizer: Optimizer): void {
  describe('two runs', () => {
    it('are equal bit for bit, losses and state', async () => {
      const runs: unknown[] = [];
      for (let i = 0; i < 2; i++) {
        const net = begin(await harness.load(), optimizer.recipe);
        const losses = await train(harness, net, optimizer, { from: 0, to: 20 });
        runs.push({ losses, state: stateBits(net.capture()) });
      }
      expect(runs[1]).toEqual(runs[0]);
    });

    it('are equal where one captured and evaluated in between', async () => {
      const plain = begin(await harness.load(), optimizer.recipe);
      await train(harness, plain, optimizer, { from: 0, to: 6 });
      const watched = begin(await harness.load(), optimizer.recipe);
      for (let step = 0; step < 6; step++) {
        await train(harness, watched, optimizer, { from: step, to: step + 1 });
        watched.capture();
        await watched.evaluate(harness.driver.batch(50, 3), harness.driver.loss);
      }
      expect(stateBits(watched.capture())).toEqual(stateBits(plain.capture()));
    });
  });
}
