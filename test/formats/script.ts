// What the fixtures were recorded by, and are replayed by: every kind of op, a fork, a rollback, a superseded op, a tag, an unfinished train.
import {
  accuracy,
  adam,
  arrays,
  crossEntropy,
  type Data,
  type Host,
  lambda,
  type Logger,
  metric,
  type Model,
  openModel,
  sgd,
  stepLR,
  type Store,
} from '@reprise/core';
import { nn, onnx } from '@reprise/onnx';

// A tensor of 16 KiB, which is a blob of its own, and always frozen: random numbers don't pack.
const width = 65;
const input = Float32Array.from({ length: 24 * width }, (_, i) => Math.fround((i % 17) / 17 - 0.5));
const target = Uint8Array.from({ length: 24 }, (_, i) => i % 2);

function samples(): Data {
  return arrays({ input: { data: input, shape: [width] }, target });
}

const freeze = ['hidden.*'];

const host: Host = {
  output: { write: () => undefined, isTerminal: false, columns: 80 },
  now: () => Date.now(),
  elapsed: () => performance.now(),
  provenance: { host: 'fixture' },
  availableThreads: 1,
  writeFile: async () => undefined,
  sleep: async () => undefined,
};
const plotter = { metrics: async () => ({ lines: [], svg: '' }) };
const net = onnx(() => nn.sequential({ hidden: nn.linear(width, 64), act: nn.relu(), head: nn.linear(64, 2) }));

/** What a run of the script returns: all of it is the same for a replay. */
export interface Outcome {
  readonly results: readonly unknown[];
  readonly digests: readonly string[];
}

/** @param stop ends a last train in its middle */
export async function run(
  store: Store,
  { stop = false, loggers = [] }: { readonly stop?: boolean; readonly loggers?: readonly Logger[] } = {},
): Promise<{ outcome: Outcome; report: Model['report'] }> {
  const data = samples();
  const model = await openModel(
    'fixture',
    net,
    { seed: 3, threads: 1, description: 'a fixture', loggers },
    { store, host, plotter, ownsStore: false },
  );
  const results: unknown[] = [];
  const digests: string[] = [];
  await model.checkpoint('base', { description: 'the first' }, async (cp) => {
    await cp.setup({
      loss: crossEntropy(),
      optimizer: adam({ lr: 1e-3 }),
      epochScheduler: stepLR({ stepSize: 1, gamma: 0.5 }),
    });
    results.push(
      await cp.train(data, data, {
        epochs: 2,
        batchSize: 8,
        metrics: [accuracy()],
        watch: 'accuracy',
        loadBest: true,
        freeze,
      }),
    );
    results.push(await cp.cached('count', { list: [1, 2] }, async ({ list }) => new Map([['sum', list.length]])));
    results.push(await cp.train(data, { epochs: 1, batchSize: 8, freeze }));
  });
  results.push(await model.checkpoint('base').evaluate(data, { metrics: [accuracy()] }));
  results.push(await model.checkpoint('base').findLr(data, { optimizer: sgd(), steps: 4 }));
  results.push(await model.checkpoint('base').predict(data));
  await model.checkpoint('fork', { from: 'base' }, async (cp) => {
    await cp.setup({
      optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
      stepScheduler: lambda((step: number) => 1 / (1 + step)),
    });
    results.push(await cp.train(data, { epochs: 1, batchSize: 8, freeze }));
  });
  await model.loadCheckpoint('base');
  for (const id of ['base', 'fork']) digests.push(await model.checkpoint(id).stateDigest());
  const { report } = model;
  if (stop) {
    await model.tag('kept', 'base');
    await model
      .checkpoint('unfinished', async (cp) => {
        await cp.train(data, { epochs: 50, batchSize: 8, freeze, metrics: [failing()] });
      })
      .catch(() => undefined);
  }
  await model.close();
  return { outcome: { results, digests }, report };
}

/** Throws in the third epoch. */
function failing() {
  let left = 7;
  const update = (count: number): number => {
    if (left-- === 0) throw new Error('stopped');
    return count + 1;
  };
  return metric('failing', { mode: 'min', init: () => 0, update, result: (count: number) => count }, { key: 'fails' });
}
