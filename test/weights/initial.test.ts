// Weights that a model begins with, given to Model.open.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crossEntropy, Model, type NetStateDict, sgd, type Store, type Tensor } from 'reprise';
import { writeSafetensors } from '@reprise/formats';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';
import { anEpoch, aStore, data, net, opened, trained } from './support.js';

const hparams = { width: 6 };

async function dictOfTrained(): Promise<NetStateDict> {
  const model = await opened(await aStore());
  await trained(model);
  const dict = await model.stateDict();
  await model.close();
  return dict;
}

async function fileOf(tensors: { readonly [name: string]: Tensor }, folder?: string): Promise<string> {
  const path = join(folder ?? (await temporaryFolder()), 'initial.safetensors');
  await writeFile(path, writeSafetensors(new Map(Object.entries(tensors))));
  return path;
}

const script = async (model: Model): Promise<string> => {
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: crossEntropy(), optimizer: sgd({ lr: 0.1 }) });
    await cp.train(data, anEpoch);
  });
  return model.checkpoint(1).stateDigest();
};

describe('weights at Model.open', () => {
  test('from a file, a state dict, or typed arrays lead to the same state', async () => {
    const dict = await dictOfTrained();
    const arrays = Object.fromEntries(Object.entries(dict).map(([name, { data: values }]) => [name, values]));
    const digests: string[] = [];
    for (const weights of [await fileOf(dict), dict, new Map(Object.entries(dict)), arrays]) {
      const model = await Model.open('initial', net, { hparams, weights, store: await aStore(), threads: 1 });
      expect(await model.stateDict()).toEqual(dict);
      digests.push(await script(model));
      await model.close();
    }
    expect(new Set(digests).size).toBe(1);
  });

  test('from a file are replayed without the engine, and another file is another beginning', async () => {
    const dict = await dictOfTrained();
    const folder = await temporaryFolder();
    const store = await aStore();
    const run = async (): Promise<[string, number]> => {
      const weights = join(folder, 'initial.safetensors');
      const model = await Model.open('initial', net, { hparams, weights, store, threads: 1 });
      try {
        return [await script(model), model.report.run];
      } finally {
        await model.close();
      }
    };
    await fileOf(dict, folder);
    const [first, ran] = await run();
    expect([ran, await run()]).toEqual([1, [first, 0]]);
    const bias = { ...(dict['head.bias'] as Tensor), data: Float32Array.of(5, 6) };
    await fileOf({ ...dict, 'head.bias': bias }, folder);
    const error = (await run().catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/the change began at Model\.open: weights\.head\.bias blake3-\w+ → blake3-\w+\n/);
  });

  test('that lack some are refused, and come from the seed where strict is false', async () => {
    const { 'head.bias': bias, 'head.weight': weight, ...others } = await dictOfTrained();
    const path = await fileOf({ ...others, 'fc.bias': bias as Tensor });
    const store = await aStore();
    const open = (load?: object): Promise<Model> =>
      Model.open('initial', net, { hparams, seed: 7, weights: path, store, threads: 1, ...(load && { load }) });
    await expect(open()).rejects.toMatchObject({
      code: 'WEIGHTS_MISMATCH',
      missing: ['head.weight', 'head.bias'],
      unexpected: ['fc.bias'],
    });
    const model = await open({ strict: false });
    const seeded = await Model.open('seeded', net, { hparams, seed: 7, store, threads: 1 });
    const [got, initial] = [await model.stateDict(), await seeded.stateDict()];
    expect(got['hidden.weight']).toEqual(others['hidden.weight']);
    expect(got['head.weight']).toEqual(initial['head.weight']);
    expect(weight).not.toEqual(initial['head.weight']);
    await model.close();
    await seeded.close();
    const renamed = await open({ rename: { 'fc.*': 'head.*' }, except: ['head.weight'] });
    expect((await renamed.stateDict())['head.bias']).toEqual(bias);
    await renamed.close();
  });

  test('as typed arrays are checked against the net as before', async () => {
    const store = await aStore();
    const open = (weights: unknown, more: object = {}): Promise<Model> =>
      Model.open('initial', net, { hparams, store, weights: weights as never, ...more });
    await expect(open({ 'head.bia': new Float32Array(2) })).rejects.toMatchObject({
      code: 'UNKNOWN_OPTION',
      nearest: 'head.bias',
    });
    await expect(open({ 'head.bias': new Float32Array(3) })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(open({ 'head.bias': new Float32Array(2) }, { load: { strict: true } })).rejects.toMatchObject({
      code: 'WEIGHTS_MISMATCH',
    });
    await expect(open(5)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(open(undefined, { load: { strict: false } })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    const model = await open({ 'head.bias': new Float32Array(2) });
    await model.close();
  });

  test('from a whole state that was saved are its net’s alone', async () => {
    const origin = await opened(await aStore());
    await trained(origin);
    const path = join(await temporaryFolder(), 'whole.safetensors');
    await origin.save(path);
    const dict = await origin.stateDict();
    await origin.close();
    const model = await Model.open('initial', net, { hparams, weights: path, store: await aStore(), threads: 1 });
    expect(await model.stateDict()).toEqual(dict);
    await expect(model.loadWeights(path)).resolves.toMatchObject({ loaded: Object.keys(dict), unexpected: [] });
    await model.close();
  });
});

describe('what is too large for a manifest', () => {
  const wide = { hparams: { width: 3000 }, threads: 1 };

  async function damagedStates({ upkeep }: Store): Promise<number> {
    return (await upkeep.verify({ full: true })).damages.length;
  }

  test('is stored once, whether it comes from a file or a dict, and held by what stands on it', async () => {
    const store = await aStore();
    const origin = await Model.open('origin', net, { ...wide, store });
    const dict = await origin.stateDict();
    await origin.close();
    const path = await fileOf(dict);
    const model = await Model.open('wide', net, { ...wide, store, weights: path });
    await script(model);
    const { written } = store.blobs;
    await model.checkpoint(2, { from: null }, async (cp) => {
      await cp.loadStateDict(dict);
      await cp.loadWeights(path);
      await cp.predict(data);
    });
    // Manifests and calls, no tensor.
    expect(store.blobs.written - written).toBeLessThan(20_000);
    await model.close();
    await store.upkeep.collect({ grace: 0 });
    expect(await damagedStates(store)).toBe(0);
    const again = await Model.open('wide', net, { ...wide, store, weights: path });
    await script(again);
    expect(again.report.hit).toBe(1);
    await again.close();
  });
});
