// findLr is recorded, and leaves the state that it is called on as it was, however it ends.
import { join } from 'node:path';
import {
  adam,
  type Block,
  type Data,
  type FindLrOptions,
  iterable,
  type Model,
  mse,
  openModel,
  sgd,
} from '@reprise/core';
import { nn, onnx } from '@reprise/onnx';
import { openStore } from '@reprise/store';
import { describe, expect, test } from 'vitest';
import { line, session, temporaryFolder } from '../support/session.js';

const train = line(48);

describe('on a real net with a stateful optimizer', () => {
  const host = {
    output: { write: () => undefined, isTerminal: false, columns: 80 },
    now: () => Date.now(),
    elapsed: () => performance.now(),
    provenance: {},
    availableThreads: 1,
    writeFile: async () => undefined,
    sleep: async () => undefined,
  };
  const plotter = { metrics: async () => ({ lines: [], svg: '' }) };
  const net = onnx(() => nn.sequential({ hidden: nn.linear(3, 4), act: nn.tanh(), head: nn.linear(4, 1) }));

  /** The digest that a train of two epochs ends in, in two parts with something done between them. */
  async function endsIn(between: (cp: Block) => Promise<unknown>) {
    const store = await openStore(join(await temporaryFolder(), 'store'));
    const parts = { store, host, plotter, ownsStore: true };
    const model = await openModel('net', net, { seed: 4, threads: 1 }, parts);
    try {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: adam({ lr: 0.01 }) });
        await cp.train(train, { epochs: 1, batchSize: 8 });
        await between(cp);
        await cp.train(train, { epochs: 1, batchSize: 8 });
      });
      return await model.checkpoint(1).stateDigest();
    } finally {
      await model.close();
    }
  }

  const untouched = (): ReturnType<typeof endsIn> => endsIn(async () => undefined);
  const streamed = iterable(
    async function* () {
      for (let i = 0; i < 20; i++) yield { input: Float32Array.of(i / 20, -i / 20, 1), target: Float32Array.of(i) };
    },
    { key: 'twenty' },
  );

  const sweeps: readonly { readonly name: string; readonly data?: Data; readonly options: FindLrOptions }[] = [
    { name: 'to its end', options: { maxLr: 0.1, steps: 20 } },
    { name: 'until it diverges', options: { optimizer: sgd(), maxLr: 1e4, steps: 40, smoothing: 0.5 } },
    { name: 'until the loss is no number', options: { optimizer: sgd(), maxLr: 1e30, steps: 20, stopFactor: null } },
    { name: 'in even steps', options: { sweep: 'linear', maxLr: 0.1, steps: 20 } },
    { name: 'frozen and clipped', options: { freeze: ['hidden.*'], clip: { value: 0.1 }, maxLr: 0.1, steps: 20 } },
    { name: 'accumulating', options: { accumulate: 2, maxLr: 0.1, steps: 10 } },
    { name: 'on a stream, over and over', data: streamed, options: { maxLr: 0.1, steps: 30, batchSize: 4 } },
  ];

  test.each(sweeps)('the training after a sweep $name ends in the state that it ends in without', async (sweep) => {
    const digest = await endsIn((cp) => cp.findLr(sweep.data ?? train, { batchSize: 8, ...sweep.options }));
    expect(digest).toBe(await untouched());
  });

  test('so does the training after a sweep that a signal has stopped', async () => {
    const controller = new AbortController();
    let batches = 0;
    const stopping = iterable(
      async function* () {
        for (let i = 0; ; i++) {
          if (++batches === 60) controller.abort(new Error('enough'));
          yield { input: Float32Array.of(1, 0, i % 2), target: Float32Array.of(1) };
        }
      },
      { key: 'endless' },
    );
    const digest = await endsIn(async (cp) => {
      const swept = cp.findLr(stopping, { batchSize: 8, steps: 50, signal: controller.signal });
      await expect(swept).rejects.toThrow('enough');
    });
    expect(batches).toBeGreaterThanOrEqual(60);
    expect(digest).toBe(await untouched());
  });
});

describe('what decides', () => {
  /** Makes the calls one after another, each in a process of its own, and says which were run. */
  async function ran(...calls: readonly FindLrOptions[]): Promise<readonly boolean[]> {
    const { run, counts } = await session();
    const said: boolean[] = [];
    for (const options of calls) {
      const before = counts.steps;
      await run(async (model) => {
        await model.checkpoint(1, (cp) => cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) }));
        await model.checkpoint(1).findLr(train, { steps: 12, maxLr: 0.1, ...options });
      });
      said.push(counts.steps > before);
    }
    return said;
  }

  test('an option that is given as it is by default changes nothing', async () => {
    const options = { sweep: 'exponential', smoothing: 0.98, stopFactor: 4 } as const;
    expect(await ran({}, options, {})).toEqual([true, false, false]);
  });

  test('each of them decides, and all that was met stays known', async () => {
    const others = [
      { sweep: 'linear' },
      { smoothing: 0.9 },
      { smoothing: 0 },
      { stopFactor: 8 },
      { stopFactor: null },
    ] as const;
    expect(await ran({}, ...others, ...others, {})).toEqual([
      true,
      ...others.map(() => true),
      ...others.map(() => false),
      false,
    ]);
  });

  test('the curve that is replayed is the one that was met, and says how its rates lie', async () => {
    const { run } = await session();
    const script = (model: Model) => model.checkpoint(1).findLr(train, { steps: 20, maxLr: 0.1, sweep: 'linear' });
    const setUp = async (model: Model) => {
      await model.checkpoint(1, (cp) => cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) }));
      return script(model);
    };
    const first = await run(setUp);
    expect(first).toMatchObject({ sweep: 'linear', stopped: 'steps' });
    expect(await run(setUp)).toEqual(first);
  });
});
