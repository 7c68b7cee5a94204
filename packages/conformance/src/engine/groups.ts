import { adam, adamw, type EngineState, groups, type Recipe, sgd, trainableNames } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { begin, bits, type Harness, moves, stateBits } from './harness.js';

/** The optimizer's groups of parameters: what a parameter does in one is what it does in a net where all are. */
export function groupsSpec<H>(harness: Harness<H>): void {
  const { driver } = harness;
  const batch = driver.batch(0, 16);

  /** The state after some steps with each parameter's own optimizer or rate. */
  async function after(recipe: Recipe, rates: { readonly lr: number; readonly rates?: readonly number[] }, steps = 1) {
    const net = begin(await harness.load(), recipe);
    const trainer = await net.trainer({ loss: driver.loss, optimizer: recipe, frozen: [], clip: null });
    const before = net.capture();
    for (let step = 0; step < steps; step++) await trainer.step(batch, { ...rates, seed: 7, step });
    return { names: trainableNames(net.description), before, state: net.capture(), net };
  }

  /** What a state has of one parameter, bit for bit. */
  function of({ net, optimizer }: EngineState, name: string): unknown {
    const mine = ([key]: readonly [string, unknown]): boolean => key.startsWith(`${name}/`);
    return [
      bits(net)[name],
      Object.entries(bits(optimizer!.tensors)).filter(mine),
      Object.entries(optimizer!.scalars).filter(mine),
    ];
  }

  const firstName = async (): Promise<string> => trainableNames((await harness.load()).description)[0]!;

  describe('groups of parameters', () => {
    it('have a rate each: under plain descent a parameter moves by its gradient times its own', async () => {
      const first = await firstName();
      const recipe = sgd({ groups: [{ parameters: [first] }] });
      const gradient = await after(sgd(), { lr: 1 });
      const gradients = moves(gradient.before, gradient.state).map((move) => -move);
      const { before, state, names } = await after(recipe, { lr: 0.25, rates: [0.25, 0.5] });
      const moved = moves(before, state);
      const size = before.net.get(first)!.data.length;
      expect(names[0]).toBe(first);
      const scale = Math.max(...gradients.map(Math.abs));
      moved.forEach((move, i) => {
        const rate = i < size ? 0.5 : 0.25;
        expect((move + rate * gradients[i]!) / scale).toBeCloseTo(0, 5);
      });
    });

    it('have all the one rate where only one is given', async () => {
      const first = await firstName();
      const recipe = sgd({ groups: [{ parameters: [first] }] });
      const expected = bits((await after(sgd(), { lr: 0.25 })).state.net);
      expect(bits((await after(recipe, { lr: 0.25 })).state.net)).toEqual(expected);
    });

    it.each([
      {
        what: 'options',
        make: (first: string): Recipe => adamw({ weightDecay: 0.3, groups: [{ parameters: [first], weightDecay: 0 }] }),
        alone: [adamw({ weightDecay: 0 }), adamw({ weightDecay: 0.3 })],
      },
      {
        what: 'optimizers',
        make: (first: string): Recipe => groups({ [first]: adam(), '*': sgd({ momentum: 0.9 }) }),
        alone: [adam(), sgd({ momentum: 0.9 })],
      },
    ])('have $what of their own: each parameter is updated as where all have them', async ({ make, alone }) => {
      const first = await firstName();
      const { state, names } = await after(make(first), { lr: 0.05 });
      const [own, others] = [await after(alone[0]!, { lr: 0.05 }), await after(alone[1]!, { lr: 0.05 })];
      for (const name of names) expect(of(state, name)).toEqual(of((name === first ? own : others).state, name));
    });

    it('go on with what is kept of a parameter where its rule keeps the same, and begin anew where it does not', async () => {
      const first = await firstName();
      const { net, names } = await after(adam(), { lr: 0.05 }, 3);
      const start = net.capture();
      const next = async (recipe: Recipe): Promise<EngineState> => {
        net.restore(start);
        const trainer = await net.trainer({ loss: driver.loss, optimizer: recipe, frozen: [], clip: null });
        await trainer.step(batch, { lr: 0.05, seed: 7, step: 3 });
        return net.capture();
      };
      const plain = await next(adam());
      const grouped = await next(adam({ groups: [{ parameters: [first], weightDecay: 0 }] }));
      expect(stateBits(grouped)).toEqual(stateBits(plain));
      const mixed = await next(groups({ [first]: sgd({ momentum: 0.9 }), '*': adam() }));
      net.restore({ net: start.net, optimizer: net.freshOptimizer(sgd({ momentum: 0.9 })) });
      const fresh = await net.trainer({ loss: driver.loss, optimizer: sgd({ momentum: 0.9 }), frozen: [], clip: null });
      await fresh.step(batch, { lr: 0.05, seed: 7, step: 3 });
      const anew = net.capture();
      for (const name of names) expect(of(mixed, name)).toEqual(of(name === first ? anew : plain, name));
    });
  });
}
