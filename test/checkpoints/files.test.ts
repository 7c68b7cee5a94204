// modelCheckpoint's files: whole states that go on as if nothing had happened, written again where a replay finds them missing.
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  adam,
  callback,
  crossEntropy,
  ema,
  Model,
  modelCheckpoint,
  type ModelCheckpointOptions,
  openStore,
  RepriseError,
  stepLR,
} from 'reprise';
import { readSafetensors } from '@reprise/formats';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';
import { aStore, data, net, opened } from '../weights/support.js';

const filename = 'sample-mnist-{epoch:02d}-{val_loss:.2f}';

async function train(model: Model, options: ModelCheckpointOptions, stopAt = Infinity): Promise<string> {
  const stop = new AbortController();
  const stops = callback(
    'stops',
    { observes: true, onStepEnd: ({ step }) => void (step === stopAt && stop.abort(new Error('enough'))) },
    { key: 'stops' },
  );
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: crossEntropy(), optimizer: adam({ lr: 0.01 }), epochScheduler: stepLR({ stepSize: 2 }) });
    await cp.train(data, data, {
      epochs: 5,
      batchSize: 8,
      progress: 'silent',
      callbacks: [modelCheckpoint({ monitor: 'val_loss', filename, ...options }), stops],
      signal: stop.signal,
    });
  });
  return model.checkpoint(1).stateDigest();
}

describe('the files of modelCheckpoint', () => {
  test('are named as Lightning names them, and there are so many as are kept', async () => {
    const dirpath = join(await temporaryFolder(), 'my', 'path');
    const model = await opened(await aStore());
    await train(model, { dirpath, saveTopK: 3, saveLast: true });
    await model.close();
    const names = await readdir(dirpath);
    expect(names).toHaveLength(4);
    expect(names).toContain('last.safetensors');
    for (const name of names.filter((each) => each !== 'last.safetensors'))
      expect(name).toMatch(/^sample-mnist-epoch=0[2-4]-val_loss=0\.\d\d(-v\d)?\.safetensors$/);
  });

  test('hold the whole state: a model loaded from one goes on to the end of the train that wrote it', async () => {
    const dirpath = join(await temporaryFolder(), 'files');
    const model = await opened(await aStore());
    const end = await train(model, { dirpath, saveTopK: -1, filename: '{epoch}' });
    await model.close();
    const loaded = await Model.load(join(dirpath, 'epoch=1.safetensors'), net, { store: await aStore(), threads: 1 });
    await loaded.checkpoint('on', (cp) => cp.train(data, data, { untilEpoch: 5, batchSize: 8, progress: 'silent' }));
    expect(await loaded.checkpoint('on').stateDigest()).toBe(end);
    await loaded.close();
  });

  test('weightsOnly holds the net and no more', async () => {
    const dirpath = join(await temporaryFolder(), 'files');
    const model = await opened(await aStore());
    await train(model, { dirpath, weightsOnly: true, filename: 'best' });
    const names = (await model.checkpoint(1).stateDict()) as object;
    await model.close();
    const { tensors } = readSafetensors(await readFile(join(dirpath, 'best.safetensors')));
    expect([...tensors.keys()].toSorted()).toEqual(Object.keys(names).toSorted());
  });

  test.each([false, true])(
    'weightsOnly %s: one that is missing is written again by a replay, the same to the byte; the others stay',
    async (weightsOnly) => {
      const dirpath = join(await temporaryFolder(), 'files');
      const store = await aStore();
      const first = await opened(store);
      await train(first, { dirpath, saveTopK: 2, saveLast: true, weightsOnly });
      await first.close();
      const names = (await readdir(dirpath)).toSorted();
      const bytes = await Promise.all(names.map((name) => readFile(join(dirpath, name))));
      const times = async (): Promise<readonly number[]> =>
        Promise.all(names.map(async (name) => (await stat(join(dirpath, name))).mtimeMs));
      const before = await times();
      await rm(join(dirpath, names[0]!));
      const again = await opened(store);
      await train(again, { dirpath, saveTopK: 2, saveLast: true, weightsOnly });
      expect(again.report).toMatchObject({ run: 0 });
      await again.close();
      expect((await readdir(dirpath)).toSorted()).toEqual(names);
      expect(await Promise.all(names.map((name) => readFile(join(dirpath, name))))).toEqual(bytes);
      expect((await times()).slice(1)).toEqual(before.slice(1));
    },
  );

  test('a train that is stopped writes one where it stands, if asked', async () => {
    const dirpath = join(await temporaryFolder(), 'files');
    const store = await aStore();
    const model = await opened(store);
    await expect(train(model, { dirpath, saveTopK: 0, saveOnException: true }, 7)).rejects.toThrow('enough');
    await model.close();
    expect(await readdir(dirpath)).toEqual(['exception-epoch=2-step=7.safetensors']);
    const loaded = await Model.load(join(dirpath, 'exception-epoch=2-step=7.safetensors'), net, {
      store: await aStore(),
      threads: 1,
    });
    await loaded.close();
  });

  test('a wrong folder is mended by another one: the same call goes on, and writes there', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'taken'), 'a file');
    const store = await aStore();
    const wrong = await opened(store);
    await expect(train(wrong, { dirpath: join(folder, 'taken'), saveTopK: -1 })).rejects.toMatchObject({
      code: 'FILE_IO',
    });
    await wrong.close();
    const right = await opened(store);
    await train(right, { dirpath: join(folder, 'right'), saveTopK: -1, filename: '{epoch}' });
    await right.close();
    expect((await readdir(join(folder, 'right'))).length).toBeGreaterThanOrEqual(4);
    // And a train that had none has them in a folder that is said later.
    const later = await opened(store);
    await train(later, { dirpath: join(folder, 'later'), saveTopK: -1, filename: '{epoch}' });
    expect(later.report).toMatchObject({ run: 0 });
    await later.close();
    expect(await readdir(join(folder, 'later'))).toEqual(await readdir(join(folder, 'right')));
  });

  test('a file that is of nothing of this model is left as it is', async () => {
    const dirpath = await temporaryFolder();
    const path = join(dirpath, 'best.safetensors');
    await writeFile(path, 'something else');
    const model = await opened(await aStore());
    await expect(train(model, { dirpath, filename: 'best' })).rejects.toThrow(/is no checkpoint of this model/);
    await model.close();
    expect(await readFile(path, 'utf8')).toBe('something else');
  });

  test('a folder that can not be made fails the train, and names it', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'taken'), 'a file');
    const model = await opened(await aStore());
    const failed = await train(model, { dirpath: join(folder, 'taken', 'files') }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RepriseError);
    expect(failed).toMatchObject({ code: 'FILE_IO' });
    await model.close();
  });

  test('with an average, files, what is stood on by name, and files written again hold the average', async () => {
    const dirpath = join(await temporaryFolder(), 'files');
    const store = await aStore();
    const averaged = async (model: Model): Promise<void> => {
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: crossEntropy(), optimizer: adam({ lr: 0.01 }) });
        const callbacks = [ema({ decay: 0.8 }), modelCheckpoint({ dirpath, saveTopK: -1, filename: '{epoch}' })];
        await cp.train(data, data, { epochs: 3, batchSize: 8, progress: 'silent', callbacks });
      });
    };
    const model = await opened(store);
    await averaged(model);
    const path = join(dirpath, 'epoch=1.safetensors');
    const bytes = await readFile(path);
    const weights = await model.checkpoint('on', { from: { checkpoint: 1, saved: 'epoch=1' } }, (cp) => cp.stateDict());
    const { tensors } = readSafetensors(bytes);
    for (const [name, tensor] of Object.entries(weights)) expect(tensors.get(name)?.data).toEqual(tensor.data);
    await model.close();
    // The average after two of three epochs is neither what was trained then nor the end.
    const short = await opened(await aStore());
    await short.checkpoint(1, async (cp) => {
      await cp.setup({ loss: crossEntropy(), optimizer: adam({ lr: 0.01 }) });
      const options = { epochs: 2, batchSize: 8, progress: 'silent', callbacks: [ema({ decay: 0.8 })] } as const;
      await cp.train(data, data, options);
    });
    expect(await short.checkpoint(1).stateDict()).toEqual(weights);
    await short.close();
    await rm(path);
    const again = await opened(store);
    await averaged(again);
    await again.close();
    expect(await readFile(path)).toEqual(bytes);
  });

  test('and a checkpoint in the store can be stood on by its name', async () => {
    const store = await openStore(join(await temporaryFolder(), 'store'));
    const model = await opened(store);
    const end = await train(model, { saveTopK: -1, filename: '{epoch}' });
    await model.checkpoint('on', { from: { checkpoint: 1, saved: 'epoch=2' } }, (cp) =>
      cp.train(data, data, { untilEpoch: 5, batchSize: 8, progress: 'silent' }),
    );
    expect(await model.checkpoint('on').stateDigest()).toBe(end);
    await model.close();
    await store.close();
  });
});
