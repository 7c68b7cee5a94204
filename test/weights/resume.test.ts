// Going on from a file in a model that is there: Trainer(resume_from_checkpoint='epoch=85.ckpt', max_epochs=90).
import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adam, type Block, crossEntropy, DivergenceError, Model, modelCheckpoint, type Store } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';
import { anEpoch, aStore, data, opened, savedFile, trained } from './support.js';

const until = (model: Model, id: number, path: string, untilEpoch: number): Promise<number> =>
  model.checkpoint(id, { resumeFrom: path }, async (cp) => {
    const { epochs } = await cp.train(data, { batchSize: 8, progress: 'silent', untilEpoch });
    return epochs;
  });

async function inStore<T>(store: Store, script: (model: Model) => Promise<T>): Promise<T> {
  const model = await opened(store);
  try {
    return await script(model);
  } finally {
    await model.close();
  }
}

describe('a block that resumes from a file', () => {
  test('goes on with optimizer, schedule and epochs, up to a total, and equals the run that was never saved', async () => {
    const { path, store } = await savedFile();
    const expected = await inStore(store, async (model) => {
      await trained(model);
      await model.checkpoint(2, (cp) => cp.train(data, { ...anEpoch, epochs: 3 }));
      return model.checkpoint(2).stateDigest();
    });
    await inStore(await aStore(), async (model) => {
      expect(await until(model, 1, path, 5)).toBe(3);
      expect(await model.checkpoint(1).stateDigest()).toBe(expected);
    });
  });

  test('is replayed without reading the file’s tensors, and goes on further with a larger total', async () => {
    const { path } = await savedFile();
    const yesterday = new Date(Date.now() - 86_400_000);
    await utimes(path, yesterday, yesterday);
    const store = await aStore();
    await inStore(store, (model) => until(model, 1, path, 3));
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0, bytes.length - 8));
    await utimes(path, yesterday, yesterday);
    await inStore(store, async (model) => {
      await until(model, 1, path, 3);
      expect(model.report).toMatchObject({ hit: 1, run: 0 });
      await until(model, 1, path, 4);
      expect(model.report).toMatchObject({ hit: 1, extended: 1, run: 0 });
    });
  });

  test('says what differs where the file holds another state', async () => {
    const { path, store: originStore } = await savedFile();
    const store = await aStore();
    await inStore(store, (model) => until(model, 1, path, 4));
    await inStore(originStore, async (model) => {
      await trained(model);
      await model.checkpoint(2, (cp) => cp.train(data, anEpoch));
      await model.save(path);
    });
    const error = (await inStore(store, (model) => until(model, 1, path, 4)).catch(
      (reason: unknown) => reason,
    )) as DivergenceError;
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.details.began).toMatch(/^load #1 of checkpoint '1': state\.epoch 2 → 3, /);
  });

  test('whose total is reached has the state of the file', async () => {
    const { path, digest } = await savedFile();
    await inStore(await aStore(), async (model) => {
      expect(await until(model, 1, path, 2)).toBe(0);
      expect(await model.checkpoint(1).stateDigest()).toBe(digest);
    });
  });

  test('has what the file had, where the file is gone by the next run and its store is not', async () => {
    const { path, digest } = await savedFile();
    const store = await aStore();
    await inStore(store, (model) => until(model, 1, path, 3));
    await rm(path);
    await inStore(store, async (model) => {
      await expect(until(model, 1, path, 3)).rejects.toMatchObject({ code: 'FILE_IO' });
      // What was recorded is there all the same.
      const [load] = await store.log.entries({ model: model.id, kind: 'load' });
      await model.loadCheckpoint({ op: load?.id ?? 0 });
      await model.checkpoint(2, (cp) => cp.evaluate(data));
      expect(await model.checkpoint(2).stateDigest()).toBe(digest);
    });
  });

  test('refuses a file of another net, one of weights only, and one that is no state', async () => {
    const { path, store } = await savedFile();
    const weights = join(await temporaryFolder(), 'weights.safetensors');
    await inStore(store, async (model) => {
      await trained(model);
      await model.save(weights, { weightsOnly: true });
    });
    await inStore(await aStore(), async (model) => {
      await expect(until(model, 1, weights, 3)).rejects.toThrow('cp.loadWeights');
      await expect(until(model, 1, 'nowhere.safetensors', 3)).rejects.toMatchObject({ code: 'FILE_IO' });
      await expect(model.loadCheckpoint({ file: path } as never)).rejects.toThrow('resumeFrom');
      expect(await until(model, 1, path, 3)).toBe(1);
    });
    const deeper = onnx(() => nn.sequential({ hidden: nn.linear(4, 6), head: nn.linear(6, 2) }));
    const other = await Model.open('deeper', deeper, { store: await aStore() });
    await expect(until(other, 1, path, 3)).rejects.toMatchObject({ code: 'NET_CHANGED' });
    await other.close();
  });

  test('goes on from what modelCheckpoint has written, which is what its store has under that name', async () => {
    const folder = await temporaryFolder();
    const store = await aStore();
    const digests = await inStore(store, async (model) => {
      await model.checkpoint(1, async (cp) => {
        await trainedWith(cp, folder);
      });
      const last = await until(model, 2, join(folder, 'last.safetensors'), 4);
      const own = await model.checkpoint(3, { from: { checkpoint: 1, at: 'last' } }, (cp) =>
        cp.train(data, { ...anEpoch, epochs: 1 }),
      );
      expect([last, own.epochs]).toEqual([1, 1]);
      return [await model.checkpoint(2).stateDigest(), await model.checkpoint(3).stateDigest()];
    });
    expect(digests[0]).toBe(digests[1]);
  });
});

async function trainedWith(cp: Block, dirpath: string): Promise<void> {
  await cp.setup({ loss: crossEntropy(), optimizer: adam({ lr: 0.01 }) });
  const callbacks = [modelCheckpoint({ dirpath, saveLast: true, monitor: 'train_loss' })];
  await cp.train(data, { ...anEpoch, epochs: 3, callbacks });
}
