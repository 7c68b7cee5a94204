import { type Clip, type LoadedNet, type Recipe, sgd } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { begin, bits, type Harness, joined, moves, stateBits } from './harness.js';

const plain = { recipe: sgd(), lr: 0.1 };
const sizes = [16, 5, 11];

export function accumulationSpec<H>(harness: Harness<H>): void {
  const { driver } = harness;
  const at = { seed: 7, step: 0 };
  const batches = sizes.map((samples, n) => driver.batch(n, samples));
  const trainerOf = (net: LoadedNet, optimizer: Recipe, more: { frozen?: readonly string[]; clip?: Clip } = {}) =>
    net.trainer({ loss: driver.loss, optimizer, frozen: more.frozen ?? [], clip: more.clip ?? null });

  /** What plain gradient descent moved by: minus the gradient, times the rate. */
  async function moved(how: 'each' | 'joined', clip?: Clip): Promise<readonly number[]> {
    const net = begin(await harness.load(), plain.recipe);
    const before = net.capture();
    const trainer = await trainerOf(net, plain.recipe, { ...(clip && { clip }) });
    if (how === 'joined') await trainer.step(joined(batches), { lr: plain.lr, ...at });
    else {
      for (const [part, batch] of batches.entries()) await trainer.accumulate(batch, { ...at, part });
      await trainer.update({ lr: plain.lr });
    }
    return moves(before, net.capture());
  }

  describe('accumulated gradients', () => {
    it('make the update of one batch with all the samples, whatever the sizes', async () => {
      const [each, whole] = [await moved('each'), await moved('joined')];
      const scale = Math.max(...whole.map(Math.abs));
      expect(scale).toBeGreaterThan(0);
      each.forEach((move, i) => expect((move - whole[i]!) / scale).toBeCloseTo(0, 4));
    });

    it('are clipped as one', async () => {
      const most = Math.hypot(...(await moved('joined'))) / plain.lr / 4;
      const clipped = await moved('each', { by: 'norm', most });
      expect(Math.hypot(...clipped) / plain.lr / most).toBeCloseTo(1, 2);
    });

    it.each(driver.optimizers)('of one batch make its step, bit for bit: $recipe.kind', async ({ recipe, lr }) => {
      const ends: unknown[] = [];
      for (const apart of [false, true]) {
        const net = begin(await harness.load(), recipe);
        const trainer = await trainerOf(net, recipe);
        for (const step of [0, 1, 2]) {
          const batch = driver.batch(step, 16);
          if (!apart) await trainer.step(batch, { lr, seed: 7, step });
          else {
            await trainer.accumulate(batch, { seed: 7, step });
            await trainer.update({ lr });
          }
        }
        ends.push(stateBits(net.capture()));
      }
      expect(ends[1]).toEqual(ends[0]);
    });

    it('move no parameter before the update, nor a frozen one in it', async () => {
      const net = begin(await harness.load(), plain.recipe);
      const [frozen, other] = net.description.parameters.map(({ name }) => name);
      const trainer = await trainerOf(net, plain.recipe, { frozen: [frozen!] });
      const before = stateBits(net.capture());
      for (const [part, batch] of batches.entries()) await trainer.accumulate(batch, { ...at, part });
      expect(stateBits(net.capture())).toEqual(before);
      const values = bits(net.capture().net);
      await trainer.update({ lr: plain.lr });
      const after = bits(net.capture().net);
      expect(after[frozen!]).toBe(values[frozen!]);
      expect(after[other!]).not.toBe(values[other!]);
    });

    it('are no longer of a batch whose memory is written to', async () => {
      const expected = await moved('each');
      const net = begin(await harness.load(), plain.recipe);
      const before = net.capture();
      const trainer = await trainerOf(net, plain.recipe);
      for (const [part, batch] of batches.entries()) {
        const own = joined([batch]);
        await trainer.accumulate(own, { ...at, part });
        for (const { data } of own.values()) data.fill(0 as never);
      }
      await trainer.update({ lr: plain.lr });
      expect(moves(before, net.capture())).toEqual(expected);
    });

    it('belong to their trainer, and are gone after the update', async () => {
      const net = begin(await harness.load(), plain.recipe);
      const begun = await trainerOf(net, plain.recipe);
      await begun.accumulate(batches[0]!, at);
      const start = net.capture();
      const ends: unknown[] = [];
      const trainer = await trainerOf(net, plain.recipe);
      for (let i = 0; i < 2; i++) {
        net.restore(start);
        await trainer.accumulate(batches[1]!, at);
        await trainer.update({ lr: plain.lr });
        ends.push(bits(net.capture().net));
      }
      net.restore(start);
      await trainer.step(batches[1]!, { lr: plain.lr, ...at });
      ends.push(bits(net.capture().net));
      expect(ends[1]).toEqual(ends[0]);
      expect(ends[2]).toEqual(ends[0]);
    });
  });

  if (driver.dropout === null) return;
  describe('dropout in the parts of a step', () => {
    it('is a function of seed, step and part; part 0 is that of a step with one batch', async () => {
      const net = begin(await harness.load(driver.dropout!), plain.recipe);
      const trainer = await trainerOf(net, plain.recipe);
      const lossOf = async (part?: number): Promise<number> =>
        (await trainer.accumulate(batches[0]!, { ...at, ...(part === undefined ? {} : { part }) })).loss;
      const losses = [await lossOf(), await lossOf(0), await lossOf(1), await lossOf(2), await lossOf(1)];
      expect(losses[1]).toBe(losses[0]);
      expect(losses[4]).toBe(losses[2]);
      expect(new Set(losses).size).toBe(3);
      const step = await trainer.step(batches[0]!, { lr: 0, ...at });
      expect(step.loss).toBe(losses[0]);
    });
  });
}
