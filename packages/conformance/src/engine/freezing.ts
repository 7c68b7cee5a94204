import type { EngineState } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { begin, bits, train } from './harness.js';
import type { Harness, Optimizer } from './harness.js';

export function freezingSpec<H>(harness: Harness<H>, optimizer: Optimizer): void {
  describe('a frozen parameter', () => {
    it('keeps its value and its optimizer state, and the others go on', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const [frozen, ...others] = net.description.parameters
        .filter(({ kind }) => kind === 'parameter')
        .map(({ name }) => name);
      await train(harness, net, optimizer, { from: 0, to: 3 });
      const before = net.capture();
      const kept = ofParameter(before, frozen!);
      const values = bits(before.net);
      await train(harness, net, optimizer, { from: 3, to: 6, frozen: [frozen!] });
      const after = net.capture();
      expect(ofParameter(after, frozen!)).toEqual(kept);
      for (const name of others) expect(bits(after.net)[name]).not.toBe(values[name]);
    });

    it('moves again once it is no longer frozen', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const name = net.description.parameters.find(({ kind }) => kind === 'parameter')!.name;
      await train(harness, net, optimizer, { from: 0, to: 2, frozen: [name] });
      const before = bits(net.capture().net)[name];
      await train(harness, net, optimizer, { from: 2, to: 3 });
      expect(bits(net.capture().net)[name]).not.toBe(before);
    });

    it('can be each of them: then nothing moves', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const before = bits(net.capture().net);
      const all = net.description.parameters.filter(({ kind }) => kind === 'parameter').map(({ name }) => name);
      const losses = await train(harness, net, optimizer, { from: 0, to: 2, frozen: all, batchOf: () => 0 });
      expect(losses[1]).toBe(losses[0]);
      expect(bits(net.capture().net)).toEqual(before);
    });
  });
}

/** The value of a parameter, and what the optimizer keeps for it: under its name and a slash. */
function ofParameter({ net, optimizer }: EngineState, name: string): unknown {
  const mine = ([key]: readonly [string, unknown]): boolean => key.startsWith(`${name}/`);
  return {
    value: bits(net)[name],
    tensors: Object.entries(bits(optimizer!.tensors)).filter(mine),
    scalars: Object.entries(optimizer!.scalars).filter(mine),
  };
}
