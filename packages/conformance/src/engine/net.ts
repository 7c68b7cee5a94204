import { decode, encode, sizeOf } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { begin, bits, train } from './harness.js';
import type { Harness } from './harness.js';

export function netSpec<H>(harness: Harness<H>): void {
  const { engine, hparams, optimizers } = harness.driver;

  describe('the net', () => {
    it('is described without native code', async () => {
      expect(await harness.driver.loadsNativeCodeToDescribe()).toBe(false);
    });

    it('is described the same each time, with names that are unique', async () => {
      const description = await engine.describe(hparams);
      expect(await engine.describe(hparams)).toEqual(description);
      expect(description.engine).toBe(engine.name);
      const names = description.parameters.map(({ name }) => name);
      expect(names.length).toBeGreaterThan(0);
      expect(new Set(names).size).toBe(names.length);
    });

    it('has an outline that can be recorded', async () => {
      const { outline } = await engine.describe(hparams);
      expect(Object.keys(outline).length).toBeGreaterThan(0);
      expect(decode(encode(outline))).toEqual(outline);
    });

    it('begins with the parameters of its description, a function of the seed', async () => {
      const net = await harness.load();
      const first = net.initialize(1);
      const shapes = [...first].map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] }));
      expect(shapes).toEqual(
        net.description.parameters.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
      );
      for (const { shape, data } of first.values()) expect(data.length).toBe(sizeOf(shape));
      expect(bits(net.initialize(1))).toEqual(bits(first));
      expect(bits((await harness.load()).initialize(1))).toEqual(bits(first));
      expect(bits(net.initialize(2))).not.toEqual(bits(first));
    });

    it('begins the same after it was trained', async () => {
      const [optimizer] = optimizers;
      const net = begin(await harness.load(), optimizer!.recipe);
      const before = bits(net.initialize(1));
      await train(harness, net, optimizer!, { from: 0, to: 3 });
      expect(bits(net.initialize(1))).toEqual(before);
    });

    it('says how many threads it uses, and what it runs on', async () => {
      const net = await harness.load();
      expect(net.threads).toBe(1);
      expect(Object.keys(net.provenance).length).toBeGreaterThan(0);
    });
  });
}
