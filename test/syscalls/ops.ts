import { type Block, type Model, mse, openModel, sgd, type Store } from '@reprise/core';
import { openStore } from '@reprise/store';
import { noPlotter, quietHost, samples, width } from '../durability/host.js';
import { lend } from '../durability/lend.js';
import { toyEngine } from '../support/toy-engine.js';

/** What is done to a store, once, by one process. */
export interface Op {
  /** Does it. Doing it again, after it was or was not done, comes to the same. */
  readonly run: (store: Store) => Promise<void>;
  /** The live places that are there once it is done. */
  readonly adds?: readonly string[];
  /** How the places begin that are gone then. */
  readonly removes?: string;
}

const train = samples(4, 1);
const test = samples(2, 2);
const options = { batchSize: 4, progress: 'silent', snapshots: { every: { epochs: 1 } } } as const;

const block =
  (lr: number, trains: readonly number[]) =>
  async (cp: Block): Promise<void> => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
    for (const epochs of trains) await cp.train(train, { ...options, epochs });
  };

async function withModel(store: Store, work: (model: Model) => Promise<void>): Promise<void> {
  const engine = toyEngine({ loads: 0, steps: 0, evaluations: 0 });
  const parts = { store, host: quietHost, plotter: noPlotter, ownsStore: false };
  const model = await openModel('m', engine, { hparams: { width }, threads: 1 }, parts);
  await work(model);
  await model.close();
}

/** Two checkpoints, the second a fork, and the bytes of a third that was deleted. */
export async function prepare(folder: string): Promise<void> {
  const store = await openStore(folder);
  await withModel(store, async (model) => {
    await model.checkpoint('1', block(0.5, [1]));
    await model.checkpoint('2', { from: '1' }, block(0.25, [1]));
    await model.checkpoint('3', { from: '1' }, block(0.125, [2]));
    await model.deleteCheckpoint('3');
  });
  await store.close();
}

export const ops: Readonly<Record<string, Op>> = {
  make: { run: async () => undefined },
  save: {
    run: (store) => withModel(store, (model) => model.checkpoint('1', block(0.5, [1, 2]))),
    adds: ['m/1/block/train//1'],
  },
  lend: { run: (store) => lend(store, 1) },
  append: {
    run: (store) =>
      withModel(store, async (model) => {
        await model.checkpoint('2').evaluate(test);
      }),
    adds: ['m/2/handle/evaluate//0'],
  },
  gc: {
    run: async (store) => {
      await store.upkeep.collect({ grace: 0 });
    },
  },
  delete: {
    run: (store) =>
      withModel(store, async (model) => {
        await model.deleteCheckpoint('2');
      }),
    removes: 'm/2/',
  },
  migrate: { run: async () => undefined },
};

/** Opens a store and does an op to it. @param said called once the op has resolved, before the store is closed */
export async function perform(name: string, folder: string, said: () => void = () => undefined): Promise<void> {
  // Nobody else has it: what waits for somebody waits for nothing.
  const store = await openStore(folder, { busyTimeout: 200 });
  try {
    await (ops[name] as Op).run(store);
    said();
  } finally {
    await store.close();
  }
}
