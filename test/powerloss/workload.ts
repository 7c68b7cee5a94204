// Everything that a script and its owner do to a store: `node workload.js <store>`. After each step it says what is recorded by then.
import { type Block, mse, openModel, sgd, type Store } from '@reprise/core';
import { openStore } from '@reprise/store';
import { factsOf } from '../durability/facts.js';
import { noPlotter, quietHost, samples, width } from '../durability/host.js';
import { lend } from '../durability/lend.js';
import { say, saying } from '../durability/say.js';
import { toyEngine } from '../support/toy-engine.js';

const [folder = ''] = process.argv.slice(2);
const train = samples(4, 1);
const test = samples(2, 2);
const options = { batchSize: 4, progress: 'silent', snapshots: { every: { epochs: 1 }, keep: { last: 1 } } } as const;

await saying(async () => {
  let store = await openStore(folder);
  const step = async <T>(what: string, work: Promise<T>): Promise<T> => {
    const result = await work;
    say({ done: what, facts: await factsOf(store) });
    return result;
  };
  await step('open', Promise.resolve());
  await step('lend', lend(store, 1));
  await step(
    'checkpoint 1',
    useModel(store, (model) => model.checkpoint('1', block(0.5, [2, 3]))),
  );
  await useModel(store, async (model) => {
    await model.checkpoint('1', block(0.5, [2, 3]));
    await step('checkpoint 2', model.checkpoint('2', { from: '1' }, block(0.25, [1])));
    await step('evaluate', model.checkpoint('2').evaluate(test));
    await step('tag', model.tag('good', '2'));
    await step('checkpoint 3', model.checkpoint('3', { from: '1' }, block(0.125, [2])));
    await step('rerun', model.checkpoint('3', { from: '1', onDivergence: 'rerun' }, block(0.0625, [2])));
    await step('delete', model.deleteCheckpoint('2'));
  });
  await step('gc', store.upkeep.collect({ grace: 0 }));
  await step('untag', store.log.deleteTag('m', 'good'));
  await step('gc of superseded', store.upkeep.collect({ grace: 0, superseded: 0 }));
  await store.close();
  store = await openStore(folder);
  await step('open again', Promise.resolve());
  await useModel(store, async (model) => {
    await model.checkpoint('1', block(0.5, [2, 3]));
    await step('again', model.checkpoint('2', { from: '1' }, block(0.25, [1])));
    await step('one more', model.checkpoint('4', { from: '2' }, block(0.75, [1, 2])));
  });
  await store.close();
  say({ end: {} });
});

function block(lr: number, trains: readonly number[]) {
  return async (cp: Block): Promise<void> => {
    await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
    for (const epochs of trains) await cp.train(train, { ...options, epochs });
  };
}

async function useModel(
  store: Store,
  work: (model: Awaited<ReturnType<typeof openModel>>) => Promise<void>,
): Promise<void> {
  const engine = toyEngine({ loads: 0, steps: 0, evaluations: 0 });
  const parts = { store, host: quietHost, plotter: noPlotter, ownsStore: false };
  const model = await openModel('m', engine, { hparams: { width }, threads: 1 }, parts);
  await work(model);
  await model.close();
}
