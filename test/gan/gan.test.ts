// Two losses on two parts of a net. A generator of points in the plane learns a Gaussian from a discriminator that learns to tell them apart.
import {
  adam,
  type Batch,
  type Data,
  groups,
  type LoadedNet,
  type Model,
  objectives,
  type Optimizer,
  parseTrainOptions,
  sgd,
  type TrainCallOptions,
  trainingStep,
} from '@reprise/core';
import { train } from '@reprise/core/training';
import { describe, expect, test } from 'vitest';
import { abortedAtSample, sameData } from '../support/aborts.js';
import { netSession } from '../support/net-session.js';
import { descend, losses, type Weights } from './by-hand.js';
import { deceives, engine, points, target, tellsApart } from './net.js';

const loss = objectives({
  discriminator: { loss: tellsApart, parameters: ['discriminator.*'] },
  generator: { loss: deceives, parameters: ['generator.*'] },
});

const adams = groups({
  'discriminator.*': adam({ lr: 4e-3, betas: [0.5, 0.9] }),
  'generator.*': adam({ lr: 1e-3, betas: [0.5, 0.9] }),
});

/** The usual order, but that the discriminator goes ahead by a step each time. */
const step = trainingStep(async (s) => {
  const told = await s.minimize('discriminator');
  s.log('told', told);
  if (s.step % 2 === 1) return told + (await s.minimize('generator'));
  return told;
});

const script =
  (data: Data, options: Partial<TrainCallOptions<readonly []>> = {}) =>
  async (model: Model) => {
    const { history, logged } = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss, optimizer: adams });
      return cp.train(data, { epochs: 3, batchSize: 16, progress: 'silent', ...options });
    });
    const scores = history.map((epoch) => ({ ...epoch, time: 0 }));
    return { scores, logged, digest: await model.checkpoint(1).stateDigest() };
  };

test('a generator learns the mean and the covariance of a Gaussian, to 0.15', { timeout: 60_000 }, async () => {
  const data = points(2048);
  const at = await netSession(engine);
  await at.run(async (model) => {
    const { history } = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss, optimizer: adams });
      return cp.train(data, { epochs: 30, batchSize: 128, progress: 'silent' });
    });
    const { made } = await model.checkpoint(1).predict(data);
    const xs = Array.from(made!.data as Float32Array).filter((_, i) => i % 2 === 0);
    const ys = Array.from(made!.data as Float32Array).filter((_, i) => i % 2 === 1);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [mx, my] = [mean(xs), mean(ys)];
    const product = (a: readonly number[], ma: number, b: readonly number[], mb: number): number =>
      mean(a.map((value, i) => (value - ma) * (b[i]! - mb)));
    const learned = [mx, my, product(xs, mx, xs, mx), product(xs, mx, ys, my), product(ys, my, ys, my)];
    const wanted = [...target.mean, ...target.covariance];
    learned.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(0.15));
    // Where nothing can be told apart, the two losses are log 4 and log 2.
    const last = history.at(-1)!.train;
    expect(Math.abs(last['discriminator_loss']! - Math.log(4))).toBeLessThan(0.1);
    expect(Math.abs(last['generator_loss']! - Math.log(2))).toBeLessThan(0.1);
    expect(last.loss).toBeCloseTo(last['discriminator_loss']! + last['generator_loss']!, 6);
  });
});

describe('a step', () => {
  const batch = { real: [2, -1, 3, 0.5, 1, -1.5, 2.5, -0.25], noise: [0.3, -1.2, -0.7, 0.4, 1.5, 0.1, -0.2, -0.9] };
  const lr = 0.5;

  async function open(optimizer: Optimizer): Promise<LoadedNet> {
    const net = await engine.load(await engine.describe(undefined), { threads: 1 });
    net.restore({ net: net.initialize(1), optimizer: net.freshOptimizer(optimizer) });
    return net;
  }

  const tensors: Batch = new Map(
    Object.entries(batch).map(([name, values]) => [
      name,
      { dtype: 'float32', shape: [4, 2], data: Float32Array.from(values) },
    ]),
  );

  /** Takes one step on the batch, as `train` does. */
  async function stepped(net: LoadedNet, optimizer: Optimizer, options: object = {}) {
    const host = {
      output: { write: () => undefined, isTerminal: false, columns: 80 },
      now: () => 0,
      elapsed: () => 0,
      provenance: {},
      availableThreads: 1,
      sleep: async () => undefined,
      writeFile: async () => undefined,
    };
    const context = { net, host, signal: new AbortController().signal, line: () => undefined };
    const state = { loss, optimizer, epochScheduler: null, stepScheduler: null, loop: { epoch: 0, step: 0 }, seed: 1 };
    const data = { length: 4, fingerprint: async () => 'none' as never, get: () => tensors };
    const settings = parseTrainOptions({ epochs: 1, batchSize: 4, shuffle: false, ...options }, { validation: false });
    const { result } = await train(context, state, { train: data, validation: null }, settings);
    return result.history[0]!.train;
  }

  const weightsOf = (net: LoadedNet): Weights =>
    Object.fromEntries([...net.capture().net].map(([name, { data }]) => [name, Array.from(data as Float32Array)]));

  const only = (objective: 'discriminator' | 'generator') =>
    trainingStep(async (s) => void (await s.minimize(objective)), { deps: { objective } });

  test('is that of two phases by hand: the discriminator’s, then the generator’s against what it has become', async () => {
    const net = await open(sgd());
    const before = weightsOf(net);
    const scores = await stepped(net, sgd({ lr }));
    const between = descend(before, batch, 'discriminator', lr);
    const after = descend(between, batch, 'generator', lr);
    const got = weightsOf(net);
    for (const [name, values] of Object.entries(after)) {
      const most = Math.max(...values.map((value, i) => Math.abs(value - got[name]![i]!)));
      expect([name, most < 1e-5]).toEqual([name, true]);
      expect(got[name]).not.toEqual(before[name]);
    }
    expect(scores['discriminator_loss']).toBeCloseTo(losses.discriminator(before, batch), 5);
    expect(scores['generator_loss']).toBeCloseTo(losses.generator(between, batch), 5);
    await net.dispose();
  });

  test.each(['discriminator', 'generator'] as const)(
    'of the %s alone leaves the other, and its moments, bit for bit',
    async (objective) => {
      const net = await open(adams);
      const before = net.capture();
      await stepped(net, adams, { step: only(objective) });
      const after = net.capture();
      const mine = (name: string): boolean => name.startsWith(`${objective}.`);
      for (const of of ['net', 'optimizer'] as const) {
        const [was, is] = [before, after].map((state) => (of === 'net' ? state.net : state.optimizer!.tensors));
        for (const [name, { data }] of was!) expect(is!.get(name)!.data !== data).toBe(mine(name));
      }
      const counts = Object.entries(after.optimizer!.scalars);
      expect(counts.every(([name, count]) => count === (mine(name) ? 1 : 0))).toBe(true);
      await net.dispose();
    },
  );
});

describe('a train of two losses', () => {
  const data = points(80);

  // Batches of 16 in three epochs of five.
  test.each([1, 4, 7, 10, 14])('stopped at batch %i of 15, ends as an uninterrupted one', async (batch) => {
    for (const options of [{}, { step }]) {
      const at = await netSession(engine);
      const { data: stopping, signal } = abortedAtSample(data, 16 * batch);
      await expect(at.run(script(stopping, { ...options, signal }))).rejects.toThrow('stopped by the test');
      const expected = await (await netSession(engine)).run(script(sameData(data), options));
      expect(await at.run(script(sameData(data), options))).toEqual(expected);
    }
  });

  test('of more epochs is extended, and comes to what one go does', async () => {
    const at = await netSession(engine);
    await at.run(script(data, { step, epochs: 2 }));
    const extended = await at.run(script(data, { step }));
    expect(extended).toEqual(await (await netSession(engine)).run(script(data, { step })));
  });

  test('is another call with another step, and the same with the same', async () => {
    const at = await netSession(engine);
    const first = await at.run(script(data, { step }));
    const again = trainingStep(async (scope) => {
      const met = await scope.minimize('discriminator'); // as it is, but spelt otherwise
      scope.log('told', met);
      if (scope.step % 2 === 1) return met + (await scope.minimize('generator'));
      return met;
    });
    expect(await at.run(script(data, { step: again }))).toEqual(first);
    const every = (n: number) =>
      trainingStep(
        async (s) => {
          await s.minimize('discriminator');
          if (s.step % n === 0) await s.minimize('generator');
        },
        { deps: { n } },
      );
    const ahead = trainingStep(async (s) => void (await s.minimize('discriminator')));
    await expect(at.run(script(data, { step: ahead }))).rejects.toThrow(/changed: step \S+ → \S+ \(recorded/);
    await expect(at.run(script(data))).rejects.toThrow(/changed: step \S+ → \(none\)/);
    const other = await netSession(engine);
    await other.run(script(data, { step: every(3) }));
    await expect(other.run(script(data, { step: every(4) }))).rejects.toThrow(/step\.n 3 → 4/);
  });

  test('refuses a step that closes over what it is not given', async () => {
    const often = 3;
    const free = trainingStep(async (s) => void (s.step % often === 0 && (await s.minimize('discriminator'))));
    const at = await netSession(engine);
    await expect(at.run(script(data, { step: free }))).rejects.toMatchObject({
      code: 'FREE_VARIABLE',
      identifiers: ['often'],
    });
  });

  test('is refused by setup where its parts do not fit the net', async () => {
    const at = await netSession(engine);
    const set = (parts: { readonly [name: string]: readonly string[] }) =>
      at.run((model) =>
        model.checkpoint(1, (cp) =>
          cp.setup({
            loss: objectives(
              Object.fromEntries(
                Object.entries(parts).map(([name, parameters]) => [name, { loss: deceives, parameters }]),
              ),
            ),
          }),
        ),
      );
    await expect(set({ a: ['generater.*'] })).rejects.toThrow(/Did you mean 'generator\.\*'\?/);
    await expect(set({ a: ['generator.*'] })).rejects.toThrow(/no objective names discriminator\.a\.weight/);
    await expect(set({ a: ['*'], b: ['generator.*'] })).rejects.toThrow(/both 'a' and 'b' name/);
  });
});
