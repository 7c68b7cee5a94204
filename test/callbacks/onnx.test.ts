// Callbacks on a net with running statistics and dropout, trained by onnxruntime, which reuses its memory.
import { join } from 'node:path';
import {
  adam,
  arrays,
  callback,
  type Callback,
  ema,
  type LoadedNet,
  type Model,
  mse,
  openModel,
  parseTrainOptions,
  stream,
  type TrainCallOptions,
} from '@reprise/core';
import { train } from '@reprise/core/training';
import { nn, onnx } from '@reprise/onnx';
import { openStore } from '@reprise/store';
import { describe, expect, test } from 'vitest';
import { line, temporaryFolder } from '../support/session.js';

const data = line(40);
const val = line(16, 2);
const engine = onnx(() =>
  nn.sequential({
    a: nn.linear(3, 8),
    norm: nn.batchNorm(8),
    act: nn.relu(),
    drop: nn.dropout(0.2),
    b: nn.linear(8, 1),
  }),
);
const host = {
  output: { write: () => undefined, isTerminal: false, columns: 80 },
  now: () => 0,
  elapsed: () => performance.now(),
  provenance: {},
  availableThreads: 1,
  sleep: async () => undefined,
  writeFile: async () => undefined,
};
const plotter = { metrics: async () => ({ lines: [], svg: '' }) };

type Options = Partial<TrainCallOptions<readonly []>>;

async function run(folder: string, callbacks: readonly Callback[], options: Options = {}) {
  const store = await openStore(join(folder, 'store'));
  const model: Model = await openModel('net', engine, { threads: 1 }, { store, host, plotter, ownsStore: true });
  try {
    const result = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.02 }) });
      return cp.train(data, val, { epochs: 3, batchSize: 8, progress: 'silent', callbacks, ...options });
    });
    const history = result.history.map((epoch) => ({ ...epoch, time: 0 }));
    return { result: { ...result, history }, digest: await model.checkpoint(1).stateDigest() };
  } finally {
    await model.close();
  }
}

/** What each parameter and buffer was after the last step. */
function ends(into: Map<string, Float32Array>, names: Set<string>): Callback {
  return {
    name: 'ends',
    key: 'ends',
    observes: true,
    onFitEnd: (ctx) => {
      for (const [name, { data: values }] of ctx.parameters()) into.set(name, (values as Float32Array).slice());
      for (const name of ctx.trainable()) names.add(name);
    },
  };
}

/** The net after a train of its own, which is not recorded. */
async function trainedNet(callbacks: readonly Callback[], options: object = {}): Promise<LoadedNet> {
  const net = await engine.load(await engine.describe(undefined), { threads: 1 });
  const optimizer = adam({ lr: 0.02 });
  net.restore({ net: net.initialize(1), optimizer: net.freshOptimizer(optimizer) });
  const context = { net, host, signal: new AbortController().signal, line: () => undefined };
  const state = {
    loss: mse(),
    optimizer,
    epochScheduler: null,
    stepScheduler: null,
    loop: { epoch: 0, step: 0 },
    seed: 1,
  };
  const settings = parseTrainOptions(
    { epochs: 3, batchSize: 8, progress: 'silent', callbacks, ...options },
    { validation: true },
  );
  await train(context, state, { train: data, validation: val }, settings);
  return net;
}

describe('an average on a net with running statistics', () => {
  test('leaves these as they are, and is the weighted sum over the other parameters of all steps', async () => {
    const seen: Map<string, Float32Array>[] = [];
    const look: Callback['onStepEnd'] = (ctx) =>
      void seen.push(
        new Map([...ctx.parameters()].map(([name, tensor]) => [name, (tensor.data as Float32Array).slice()])),
      );
    const watching: Callback = { name: 'watching', key: 'watching', observes: true, onFitStart: look, onStepEnd: look };
    const net = await trainedNet([watching, ema({ decay: 0.8 })]);
    const names = new Set<string>();
    const last = new Map<string, Float32Array>();
    const plain = await trainedNet([ends(last, names)]);
    const buffers = plain.description.parameters.filter(({ kind }) => kind === 'buffer').map(({ name }) => name);
    expect(buffers).toEqual(['norm.running_mean', 'norm.running_var']);
    expect([...names].some((name) => buffers.includes(name))).toBe(false);
    expect(seen).toHaveLength(1 + 15);
    for (const [name, { data: values }] of net.capture().net) {
      if (buffers.includes(name)) {
        expect(values).toEqual(last.get(name));
        continue;
      }
      const weights = seen.map((_, i) => (i === 0 ? 0.8 ** 15 : 0.2 * 0.8 ** (15 - i)));
      (values as Float32Array).forEach((value, k) => {
        const expected = seen.reduce((sum, each, i) => sum + weights[i]! * each.get(name)![k]!, 0);
        expect(value).toBeCloseTo(expected, 5);
      });
      expect(values).not.toEqual(last.get(name));
    }
    await net.dispose();
    await plain.dispose();
  });

  test('stays level in memory, however many steps and epochs', { timeout: 60_000 }, async () => {
    const wide = onnx(() => nn.sequential({ a: nn.linear(256, 1024), act: nn.relu(), b: nn.linear(1024, 1) }));
    const net = await wide.load(await wide.describe(undefined), { threads: 1 });
    const bytes = [...net.initialize(1).values()].reduce((sum, { data: values }) => sum + values.byteLength, 0);
    expect(bytes).toBeGreaterThan(1e6);
    const input = new Float32Array(64 * 256);
    stream(1, 'test/wide').fillUniform(input, -1, 1);
    const samples = arrays({
      input: { data: input, shape: [256] },
      target: { data: new Float32Array(64), shape: [1] },
    });
    const optimizer = adam({ lr: 1e-4 });
    net.restore({ net: net.initialize(1), optimizer: net.freshOptimizer(optimizer) });
    const used: number[] = [];
    const gc = await collector();
    const measures: Callback = {
      name: 'measures',
      key: 'measures',
      observes: true,
      onEpochEnd: () => {
        gc();
        used.push(process.memoryUsage().arrayBuffers);
      },
    };
    const settings = parseTrainOptions(
      { epochs: 30, batchSize: 8, progress: 'silent', loadBest: true, callbacks: [ema({ decay: 0.99 }), measures] },
      { validation: true },
    );
    const context = { net, host, signal: new AbortController().signal, line: () => undefined };
    const state = {
      loss: mse(),
      optimizer,
      epochScheduler: null,
      stepScheduler: null,
      loop: { epoch: 0, step: 0 },
      seed: 1,
    };
    await train(context, state, { train: samples, validation: samples }, settings);
    const early = Math.max(...used.slice(3, 10));
    // A copy that is left behind each epoch would be ten of them and more; some are freed a little later than others.
    expect(Math.min(...used.slice(20))).toBeLessThan(early + 5 * bytes);
    await net.dispose();
  });
});

async function collector(): Promise<() => void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import('node:v8'), import('node:vm')]);
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

describe('stopped and gone on with, on onnxruntime', () => {
  /** Throws at a step, unless it is told not to. */
  const failing = (step: number, fails: boolean): Callback =>
    callback(
      'failing',
      {
        onStepEnd: (ctx) => {
          if (fails && ctx.step === step) throw new Error('stopped by the test');
        },
      },
      { key: 'fails' },
    );
  /** Exchanges two halves of a parameter in place of each other, handing back the very arrays that it was given. */
  const swaps = (): Callback =>
    callback('swaps', {
      state: { times: 0 },
      onEpochEnd(ctx, state) {
        state.times++;
        const own = ctx.parameters().get('b.weight')!;
        const other = ctx.parameters().get('norm.weight')!;
        ctx.setParameters(
          new Map([
            ['b.weight', { ...own, data: other.data }],
            ['norm.weight', { ...other, data: own.data }],
          ]),
        );
        ctx.log('times', state.times);
      },
    });

  test.each([
    ['averages', () => [ema({ decay: 0.7 })], { loadBest: true }],
    [
      'averages over updates of two batches',
      () => [ema({ decay: 0.7, warmup: true })],
      { accumulate: 2, loadBest: true },
    ],
    ['parameters that are exchanged', () => [swaps(), ema({ decay: 0.5, every: 2 })], {}],
  ] as const)('with %s, it ends as an uninterrupted train', { timeout: 60_000 }, async (_, callbacks, options) => {
    const whole = await run(await temporaryFolder(), [...callbacks(), failing(0, false)], options);
    const steps = 'accumulate' in options ? 9 : 15;
    for (const step of [2, 5, 6, steps - 1]) {
      const folder = await temporaryFolder();
      const every = { snapshots: { every: { steps: 1 } } };
      await expect(run(folder, [...callbacks(), failing(step, true)], { ...options, ...every })).rejects.toThrow(
        'stopped by the test',
      );
      expect(await run(folder, [...callbacks(), failing(step, false)], { ...options, ...every })).toEqual(whole);
    }
  });

  test('from the ends of epochs alone, the best of which is an average', { timeout: 60_000 }, async () => {
    const options = { epochs: 4, loadBest: true, snapshots: { every: { epochs: 1 } } };
    const callbacks = (): readonly Callback[] => [ema({ decay: 0.3 })];
    const whole = await run(await temporaryFolder(), [...callbacks(), failing(0, false)], options);
    for (const step of [6, 11, 16]) {
      const folder = await temporaryFolder();
      await expect(run(folder, [...callbacks(), failing(step, true)], options)).rejects.toThrow('stopped by the test');
      expect(await run(folder, [...callbacks(), failing(step, false)], options)).toEqual(whole);
    }
  });
});
