import { sgd } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { begin, bits, type Harness, moves, train } from './harness.js';

/** Under plain gradient descent the update is the gradient times the rate, so that it shows what the gradient was. */
export function clippingSpec<H>(harness: Harness<H>): void {
  const optimizer = { recipe: sgd(), lr: 0.01 };
  const once = async (clip?: { readonly by: 'norm' | 'value'; readonly most: number }): Promise<readonly number[]> => {
    const net = begin(await harness.load(), optimizer.recipe);
    const before = net.capture();
    await train(harness, net, optimizer, { from: 0, to: 1, ...(clip && { clip }) });
    return moves(before, net.capture()).map((move) => move / -optimizer.lr);
  };

  describe('clipped gradients', () => {
    it('have the norm asked for, and point the same way', async () => {
      const plain = await once();
      const most = Math.hypot(...plain) / 4;
      const clipped = await once({ by: 'norm', most });
      expect(Math.hypot(...clipped) / most).toBeCloseTo(1, 2);
      const scale = Math.max(...plain.map(Math.abs));
      clipped.forEach((value, i) => expect((4 * value - plain[i]!) / scale).toBeCloseTo(0, 2));
    });

    it('are bounded one by one', async () => {
      const plain = await once();
      const scale = Math.max(...plain.map(Math.abs));
      const most = scale / 3;
      const clipped = await once({ by: 'value', most });
      clipped.forEach((value, i) => {
        expect((value - Math.min(most, Math.max(-most, plain[i]!))) / scale).toBeCloseTo(0, 2);
      });
    });

    it('stay as they are, bit for bit, below the bound', async () => {
      const end = async (clip?: { readonly by: 'norm' | 'value'; readonly most: number }): Promise<unknown> => {
        const net = begin(await harness.load(), optimizer.recipe);
        await train(harness, net, optimizer, { from: 0, to: 3, ...(clip && { clip }) });
        return bits(net.capture().net);
      };
      const plain = await end();
      expect(await end({ by: 'norm', most: 1e6 })).toEqual(plain);
      expect(await end({ by: 'value', most: 1e6 })).toEqual(plain);
    });
  });
}
