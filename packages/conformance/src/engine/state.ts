import type { EngineState, Tensors } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { begin, stateBits, train } from './harness.js';
import type { Harness, Optimizer } from './harness.js';

export function stateSpec<H>(harness: Harness<H>, optimizer: Optimizer): void {
  describe('captured state', () => {
    it('is what was restored, where nothing was trained', async () => {
      const net = await harness.load();
      const state = { net: net.initialize(1), optimizer: net.freshOptimizer(optimizer.recipe) };
      net.restore(state);
      expect(stateBits(net.capture())).toEqual(stateBits(state));
    });

    it('goes on exactly in another net', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      await train(harness, net, optimizer, { from: 0, to: 4 });
      const captured = copyOf(net.capture());
      const losses = await train(harness, net, optimizer, { from: 4, to: 9 });
      const end = stateBits(net.capture());

      const other = await harness.load();
      other.restore(captured);
      expect(await train(harness, other, optimizer, { from: 4, to: 9 })).toEqual(losses);
      expect(stateBits(other.capture())).toEqual(end);
    });

    it('goes on exactly in the same net, after it went elsewhere', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      await train(harness, net, optimizer, { from: 0, to: 4 });
      const captured = net.capture();
      const losses = await train(harness, net, optimizer, { from: 4, to: 9 });
      net.restore(captured);
      expect(await train(harness, net, optimizer, { from: 4, to: 9 })).toEqual(losses);
    });

    it('is never written to again', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const kept: { readonly state: EngineState; readonly before: unknown }[] = [];
      for (let step = 0; step < 6; step++) {
        await train(harness, net, optimizer, { from: step, to: step + 1 });
        const state = net.capture();
        kept.push({ state, before: stateBits(state) });
        await net.evaluate(harness.driver.batch(0, 16), harness.driver.loss);
      }
      await train(harness, net, optimizer, { from: 6, to: 12 });
      for (const { state, before } of kept) expect(stateBits(state)).toEqual(before);
    });

    it('is never written to after it was given back', async () => {
      const net = await harness.load();
      const state = { net: net.initialize(1), optimizer: net.freshOptimizer(optimizer.recipe) };
      const before = stateBits(state);
      net.restore(state);
      await train(harness, net, optimizer, { from: 0, to: 5 });
      expect(stateBits(state)).toEqual(before);
    });

    it('differs after a step', async () => {
      const net = begin(await harness.load(), optimizer.recipe);
      const before = stateBits(net.capture());
      await train(harness, net, optimizer, { from: 0, to: 1 });
      expect(stateBits(net.capture())).not.toEqual(before);
    });
  });
}

/** As it comes back from a store: in memory of its own. */
function copyOf({ net, optimizer }: EngineState): EngineState {
  return {
    net: copied(net),
    optimizer: optimizer && { tensors: copied(optimizer.tensors), scalars: { ...optimizer.scalars } },
  };
}

function copied(tensors: Tensors): Tensors {
  return new Map(
    [...tensors].map(([name, { dtype, shape, data }]) => [name, { dtype, shape: [...shape], data: data.slice() }]),
  );
}
