// Versions, hosts and devices are provenance: stored and shown, no part of what is compared.
import { join } from 'node:path';
import { type Engine, type Model, mse, openModel, sgd } from '@reprise/core';
import { openStore } from '@reprise/store';
import { expect, test } from 'vitest';
import { line, temporaryFolder } from '../support/session.js';
import { toyEngine } from '../support/toy-engine.js';

/** What a process of these versions does with a script. */
async function process<T>(folder: string, version: string, script: (model: Model) => Promise<T>) {
  const counts = { loads: 0, steps: 0, evaluations: 0 };
  const inner = toyEngine(counts);
  const engine: Engine<{ width: number }> = {
    ...inner,
    load: async (net, options) =>
      Object.assign(await inner.load(net, options), { provenance: { engine: `toy ${version}` } }),
  };
  const host = {
    output: { write: () => undefined, isTerminal: false, columns: 80 },
    now: () => Date.now(),
    elapsed: () => performance.now(),
    provenance: { host: `machine ${version}`, node: `v${version}` },
    availableThreads: 2,
    sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    writeFile: async () => undefined,
  };
  const plotter = { metrics: async () => ({ lines: [], svg: '' }) };
  const store = await openStore(join(folder, 'store'));
  const model = await openModel('toy', engine, { hparams: { width: 3 } }, { store, host, plotter, ownsStore: true });
  const value = await script(model);
  const records = await Promise.all(
    (await store.log.entries({ kind: 'train' })).map(({ record }) => store.log.record(record)),
  );
  await model.close();
  return { value, counts, provenance: records.map((record) => record?.provenance) };
}

test('another version of Node, the engine or the host computes nothing again; who computed what is kept', async () => {
  const folder = await temporaryFolder();
  const script = (epochs: number) => async (model: Model) => {
    const result = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      return cp.train(line(16), { epochs, batchSize: 8 });
    });
    return { result, digest: await model.checkpoint(1).stateDigest() };
  };
  const first = await process(folder, '1.0.0', script(1));
  const again = await process(folder, '1.0.1', script(1));
  expect(again.value).toEqual(first.value);
  expect(again.counts.loads).toBe(0);
  expect(again.provenance).toEqual([{ host: 'machine 1.0.0', node: 'v1.0.0', engine: 'toy 1.0.0', threads: 2 }]);
  // What is new is computed by what there is now, on what there was.
  const longer = await process(folder, '1.0.1', script(2));
  expect(longer.counts.steps).toBe(2);
  expect(longer.provenance.at(-1)).toMatchObject({ engine: 'toy 1.0.1' });
});
