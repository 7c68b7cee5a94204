// Trains of every make, aborted and cut off from their disk at random, again and again: the end is that of a train that was left alone.
import { join } from 'node:path';
import {
  adam,
  arrays,
  type BlobStore,
  type Block,
  type Data,
  type Host,
  linearWarmup,
  meanAbsoluteError,
  type Model,
  mse,
  openModel,
  type OpLog,
  type Optimizer,
  type Scheduler,
  sgd,
  type SnapshotOptions,
  stepLR,
  type Store,
  stream,
} from '@reprise/core';
import { nn, onnx } from '@reprise/onnx';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { abortedAfterTurns } from '../support/aborts.js';
import { temporaryFolder } from '../support/session.js';

/** Over a megabyte: its states are stored beside training. */
const width = 300;
const net = onnx(() =>
  nn.sequential({
    frozen: nn.linear(width, width),
    norm: nn.batchNorm(width),
    act: nn.relu(),
    drop: nn.dropout(0.2),
    hidden: nn.linear(width, width),
    head: nn.linear(width, 1),
  }),
);

function samples(count: number, seed: number): Data {
  const input = new Float32Array(count * width);
  stream(seed, 'test/restless').fillUniform(input, -0.1, 0.1);
  const target = Float32Array.from({ length: count }, (_, i) => Math.sin(i * seed));
  return arrays({ input: { data: input, shape: [width] }, target: { data: target, shape: [1] } });
}
const [train, validation] = [samples(16, 1), samples(8, 2)];

const host: Host = {
  output: { write: () => undefined, isTerminal: false, columns: 80 },
  now: () => Date.now(),
  elapsed: () => performance.now(),
  provenance: {},
  availableThreads: 1,
  writeFile: async () => undefined,
  sleep: async () => undefined,
};

/** Lets so many writes through, then none. */
function failing(store: Store, writes: number): Store {
  let left = writes;
  const part = <T extends BlobStore | OpLog>(of: T, name: keyof T): T =>
    new Proxy(of, {
      get: (target, key) => {
        const value = Reflect.get(target, key) as unknown;
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown =>
          key === name && --left < 0
            ? Promise.reject(new Error('the disk is gone'))
            : (Reflect.apply(value, target, given) as unknown);
      },
    });
  return { ...store, blobs: part(store.blobs, 'put'), log: part(store.log, 'commit') };
}

async function run<T>(folder: string, body: (model: Model) => Promise<T>, writes: number = Infinity): Promise<T> {
  const store = await openStore(folder);
  const parts = { store: failing(store, writes), host, plotter: { metrics: async () => ({ lines: [], svg: '' }) } };
  const model = await openModel('restless', net, { threads: 1 }, { ...parts, ownsStore: false });
  try {
    return await body(model);
  } finally {
    await model.close().catch(() => undefined);
    await store.close();
  }
}

type Pick = <T>(...of: readonly T[]) => T;

/** A script of one or two trains, and what differs from run to run of it. */
function plan(pick: Pick) {
  const loadBest = pick(true, false);
  const options = {
    epochs: pick(2, 4, 6),
    batchSize: pick(4, 8),
    metrics: [meanAbsoluteError()],
    loadBest,
    ...(loadBest ? { watch: pick('loss' as const, 'mae' as const) } : {}),
    ...(loadBest ? pick({}, { patience: 2 }) : {}),
    freeze: pick([], ['frozen.*']),
  };
  const setup: Parameters<Block['setup']>[0] = {
    loss: mse(),
    optimizer: pick<Optimizer>(sgd({ lr: 0.01, momentum: 0.9 }), adam({ lr: 1e-3 })),
    epochScheduler: pick<Scheduler | null>(null, stepLR({ stepSize: 2, gamma: 0.3 })),
    stepScheduler: pick<Scheduler | null>(null, linearWarmup({ steps: 7 })),
  };
  const trains = pick(1, 2);
  const snapshots = (): SnapshotOptions => ({
    every: pick<NonNullable<SnapshotOptions['every']>>(
      { steps: 1 },
      { steps: 2 },
      { steps: 3 },
      { epochs: 1 },
      { seconds: 0.001 },
    ),
    ...pick(
      {},
      {
        keep: pick<NonNullable<SnapshotOptions['keep']>>(
          { last: 2 },
          { every: 2 },
          { best: { count: 1, monitor: 'train_loss' } },
        ),
      },
    ),
  });
  const script = (signal?: AbortSignal) => async (model: Model) => {
    const histories: unknown[] = [];
    await model.checkpoint(1, async (cp) => {
      await cp.setup(setup);
      for (let i = 0; i < trains; i++) {
        const more = { snapshots: snapshots(), ...(signal && { signal }), progress: 'silent' as const };
        const { history } = await cp.train(train, validation, { ...options, ...more });
        histories.push(history.map((epoch) => ({ ...epoch, time: 0 })));
      }
    });
    return { histories, digest: await model.checkpoint(1).stateDigest() };
  };
  return script;
}

test.each([9, 37, 311, 1052, 2001, 2002])('seed %i', { timeout: 120_000 }, async (seed) => {
  const random = stream(seed, 'test/restless');
  const pick: Pick = (...of) => of[random.integer(of.length)]!;
  const script = plan(pick);
  const expected = await run(join(await temporaryFolder(), 'store'), script());
  const folder = join(await temporaryFolder(), 'store');
  for (let i = 0; i < 4; i++) {
    const stopping = pick(true, false);
    const running = stopping
      ? run(folder, script(abortedAfterTurns(random.integer(60))))
      : run(folder, script(), 3 + random.integer(40));
    const failed = await running.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(['', 'stopped by the test', 'the disk is gone']).toContain(failed);
  }
  expect(await run(folder, script())).toEqual(expected);
  const store = await openStore(folder);
  expect((await store.upkeep.verify({ full: true })).damages).toEqual([]);
  expect(await store.log.snapshots({ running: true })).toEqual([]);
  await store.close();
});
