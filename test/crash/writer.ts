// A training script: `node writer.js <store> <model>=<seed>…`. It trains these models one after another, and says what it is doing, and which calls
// have resolved. The model `shared` is trained by several processes at once, in the same checkpoints with the same calls.
import { type Block, mse, openModel, sgd } from '@reprise/core';
import { openStore } from '@reprise/store';
import { noPlotter, quietHost, samples, width } from '../durability/host.js';
import { placeName } from '../durability/facts.js';
import { say, saying } from '../durability/say.js';
import { toyEngine } from '../support/toy-engine.js';
import { slowEngine, Watch, watchedStore } from './watched.js';

const [folder = '', ...models] = process.argv.slice(2);
const train = samples(8, 1);
const test = samples(4, 2);
const options = { epochs: 3, batchSize: 4, progress: 'silent', snapshots: { every: { steps: 3 } } } as const;

await saying(async () => {
  const watch = new Watch();
  const store = await watch.during('opening', () => openStore(folder));
  const watched = watchedStore(store, watch);
  const engine = slowEngine(toyEngine({ loads: 0, steps: 0, evaluations: 0 }), 2);
  const parts = { store: watched, host: quietHost, plotter: noPlotter, ownsStore: false };
  const digests: { [name: string]: string } = {};

  await watch.during('training', async () => {
    for (const [id = '', seed] of models.map((each) => each.split('='))) {
      const open = { hparams: { width }, seed: Number(seed), threads: 1 };
      const model = await watch.during('opening', () => openModel(id, engine, open, parts));
      const did = (
        checkpoint: string,
        lane: 'block' | 'handle',
        kind: 'train' | 'evaluate',
        occurrence: number,
      ): void => say({ done: placeName({ model: id, checkpoint, lane, kind, name: '', occurrence }) });
      const block = (checkpoint: string, lr: number) => async (cp: Block) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
        for (const occurrence of [0, 1]) {
          await cp.train(train, test, { ...options, loadBest: occurrence === 1 });
          did(checkpoint, 'block', 'train', occurrence);
        }
        await cp.evaluate(test);
        did(checkpoint, 'block', 'evaluate', 0);
      };
      await model.checkpoint('1', block('1', 0.5));
      await model.checkpoint('1').evaluate(train);
      did('1', 'handle', 'evaluate', 0);
      if (id !== 'shared') {
        // What is deleted again is what gc finds.
        await model.checkpoint('scratch', { from: '1' }, block('scratch', 0.25));
        say({ done: `deleting ${id}/scratch/` });
        await model.deleteCheckpoint('scratch');
      }
      await model.checkpoint('2', { from: '1' }, block('2', 0.125));
      for (const each of ['1', '2']) digests[`${id}/${each}`] = await model.checkpoint(each).stateDigest();
      await model.close();
    }
  });
  say({ end: digests });
  await watch.during('closing', () => store.close());
});
