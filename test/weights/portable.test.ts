// model.save and Model.load: one file, from which training goes on elsewhere.
import { mkdir, open, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adam, crossEntropy, ema, lambda, Model, mse, type RepriseError, sgd } from 'reprise';
import { readSafetensors } from '@reprise/formats';
import { nn, onnx } from '@reprise/onnx';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';
import { anEpoch, aStore, data, net, opened, savedFile, trained } from './support.js';

const goOn = (model: Model): Promise<unknown> => model.checkpoint(2, (cp) => cp.train(data, { ...anEpoch, epochs: 2 }));

describe('a file that model.save has written', () => {
  test('is gone on with where its store is not, and ends in the very state that the origin ends in', async () => {
    const { path, digest, store } = await savedFile();
    const origin = await opened(store);
    await trained(origin);
    await goOn(origin);
    const expected = await origin.checkpoint(2).stateDigest();
    await origin.close();

    const model = await Model.load(path, net, { store: await aStore(), threads: 1 });
    expect(model.id).toBe('origin.safetensors');
    await model.checkpoint(1, (cp) => cp.evaluate(data));
    expect(await model.checkpoint(1).stateDigest()).toBe(digest);
    await model.loadCheckpoint(null);
    await goOn(model);
    expect(await model.checkpoint(2).stateDigest()).toBe(expected);
    await model.close();
  });

  test('hands the hparams in it to the builder; those that are given go in their place, by name', async () => {
    const { path } = await savedFile();
    const seen: unknown[] = [];
    const builder = onnx((h: { readonly width: number; readonly note?: string }) => {
      seen.push(h);
      return nn.sequential({ hidden: nn.linear(4, h.width), act: nn.relu(), head: nn.linear(h.width, 2) });
    });
    await (await Model.load(path, builder, { store: await aStore() })).close();
    await (await Model.load(path, builder, { store: await aStore(), hparams: { note: 'mine' } })).close();
    expect(seen).toEqual([{ width: 6 }, { width: 6, note: 'mine' }]);
  });

  test('has the net by the names of its parameters, for any reader, and the rest after it', async () => {
    const { path, store } = await savedFile();
    const { tensors, metadata } = readSafetensors(await readFile(path));
    const model = await opened(store);
    await trained(model);
    const dict = await model.stateDict();
    await model.close();
    for (const [name, tensor] of Object.entries(dict)) expect(tensors.get(name)).toEqual(tensor);
    const others = [...tensors.keys()].filter((name) => !(name in dict));
    expect(others.length).toBe(8);
    for (const name of others) expect(name).toMatch(/^optimizer\//);
    expect(metadata).toMatchObject({ format: 'pt', reprise: '1', 'reprise.model': 'origin' });
    expect(JSON.parse(metadata['reprise.hparams'] as string)).toEqual({ width: 6 });
    expect(JSON.parse(metadata['reprise.state'] as string)).toMatchObject({
      loop: { epoch: 2, step: 6 },
      optimizer: { recipe: { kind: 'adam', args: { lr: 0.01 } } },
      epochScheduler: { state: { count: 2 } },
    });
  });

  test('has the same bytes whenever the same state is saved, from the model, from the handle, and before it is recorded', async () => {
    const { path, store } = await savedFile();
    const folder = await temporaryFolder();
    const bytes = await readFile(path);
    const model = await opened(store);
    await trained(model);
    await model.checkpoint(1).save(join(folder, 'handle.safetensors'));
    expect(Buffer.compare(await readFile(join(folder, 'handle.safetensors')), bytes)).toBe(0);
    await model.train(data, anEpoch);
    await model.save(join(folder, 'unsaved.safetensors'));
    await model.checkpoint(2, (cp) => cp.evaluate(data));
    await model.checkpoint(2).save(join(folder, 'saved.safetensors'));
    await model.close();
    const [unsaved, saved] = await Promise.all(
      ['unsaved', 'saved'].map((name) => readFile(join(folder, `${name}.safetensors`))),
    );
    expect(Buffer.compare(unsaved as Buffer, saved as Buffer)).toBe(0);
    expect(await readdir(folder)).toHaveLength(3);
  });

  test('of the untrained net has the weights that the seed stands for, and loads as fresh', async () => {
    const store = await aStore();
    const model = await opened(store);
    const path = join(await temporaryFolder(), 'fresh.safetensors');
    await model.save(path);
    const dict = await model.stateDict();
    await trained(model);
    const expected = await model.checkpoint(1).stateDigest();
    await model.close();
    const { tensors } = readSafetensors(await readFile(path));
    expect(Object.fromEntries(tensors)).toEqual(dict);
    const loaded = await Model.load(path, net, { store: await aStore(), threads: 1 });
    await trained(loaded);
    expect(await loaded.checkpoint(1).stateDigest()).toBe(expected);
    await loaded.close();
  });

  test('keeps what was registered, with its tensors', async () => {
    const store = await aStore();
    const model = await opened(store);
    const path = join(await temporaryFolder(), 'average.safetensors');
    const again = (id: number) => (on: Model) =>
      on.checkpoint(id, async (cp) => {
        await cp.register('average', ema({ decay: 0.9 }));
        await cp.train(data, anEpoch);
      });
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: crossEntropy(), optimizer: adam() });
      await cp.register('average', ema({ decay: 0.9 }));
      await cp.train(data, anEpoch);
    });
    await model.save(path);
    await again(2)(model);
    const expected = await model.checkpoint(2).stateDigest();
    await model.close();
    const loaded = await Model.load(path, net, { store: await aStore(), threads: 1 });
    await again(1)(loaded);
    expect(await loaded.checkpoint(1).stateDigest()).toBe(expected);
    await loaded.close();
  });

  test('has no functions of the user’s: they are asked for by name, and given by setup', async () => {
    const store = await aStore();
    const path = join(await temporaryFolder(), 'lambda.safetensors');
    const schedule = lambda((count: number) => 1 / (1 + count));
    const model = await opened(store);
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: crossEntropy(), optimizer: sgd({ lr: 0.1 }), stepScheduler: schedule });
      await cp.train(data, anEpoch);
    });
    await model.save(path);
    await model.close();
    const loaded = await Model.load(path, net, { store: await aStore(), threads: 1 });
    await expect(loaded.checkpoint(1, (cp) => cp.train(data, anEpoch))).rejects.toMatchObject({
      code: 'FUNCTION_NOT_GIVEN',
    });
    await loaded.checkpoint(1, async (cp) => {
      await cp.setup({ stepScheduler: schedule });
      await cp.train(data, anEpoch);
    });
    await loaded.close();
  });

  test('is replayed from: the second run computes nothing and reads no tensor of it', async () => {
    const { path } = await savedFile();
    const store = await aStore();
    const run = async (): Promise<readonly [string, number]> => {
      const model = await Model.load(path, net, { store, threads: 1 });
      await goOn(model);
      const digest = await model.checkpoint(2).stateDigest();
      const { run: ran } = model.report;
      await model.close();
      return [digest, ran];
    };
    const yesterday = new Date(Date.now() - 86_400_000);
    await utimes(path, yesterday, yesterday);
    const [first, ran] = await run();
    expect(ran).toBe(1);
    // Other bytes under the same size, time and inode: who reads them sees that they are not the state's.
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    await file.write(Buffer.from([1, 2, 3, 4]), 0, 4, size - 4);
    await file.close();
    await utimes(path, yesterday, yesterday);
    expect(await run()).toEqual([first, 0]);
    await utimes(path, new Date(), yesterday);
    await expect(Model.load(path, net, { store: await aStore() })).rejects.toMatchObject({ code: 'FILE_FORMAT' });
  });

  test('that was overwritten with another state is another beginning, and says what differs', async () => {
    const { path, store: originStore } = await savedFile();
    const store = await aStore();
    const first = await Model.load(path, net, { store, threads: 1 });
    await goOn(first);
    await first.close();
    const origin = await opened(originStore);
    await trained(origin);
    await goOn(origin);
    await origin.save(path);
    await origin.close();
    const model = await Model.load(path, net, { store, threads: 1 });
    const error = (await goOn(model).catch((reason: unknown) => reason)) as RepriseError;
    expect(error.code).toBe('DIVERGENCE');
    expect(error.message).toMatch(/the change began at Model\.open: state\.epoch 2 → 4/);
    await model.close();
  });

  test('goes on with the number of threads that it was computed with, unless told', async () => {
    const path = join(await temporaryFolder(), 'threads.safetensors');
    const origin = await Model.open('origin', net, { hparams: { width: 6 }, store: await aStore(), threads: 3 });
    await trained(origin);
    await origin.save(path);
    await origin.close();
    const threadsOf = async (options: { readonly threads?: number }): Promise<number | null | undefined> => {
      const store = await aStore();
      const model = await Model.load(path, net, { ...options, store });
      await model.evaluate(data, { progress: 'silent' });
      await model.close();
      return (await store.log.model('threads.safetensors'))?.threads;
    };
    expect(await threadsOf({})).toBe(3);
    expect(await threadsOf({ threads: 2 })).toBe(2);
  });
});

describe('another net', () => {
  const wider = onnx((h: { readonly width: number }) =>
    nn.sequential({ hidden: nn.linear(4, h.width), act: nn.relu(), head: nn.linear(h.width, 3) }),
  );

  test('is refused with what differs, and nothing is recorded', async () => {
    const { path } = await savedFile();
    const store = await aStore();
    const error = (await Model.load(path, wider, { store }).catch((reason: unknown) => reason)) as RepriseError;
    expect(error.code).toBe('NET_CHANGED');
    expect(error.message).toContain('net.head.weight float32 [2, 6] → float32 [3, 6]');
    const byHparams = (await Model.load(path, net, { store, hparams: { width: 7 } }).catch(
      (reason: unknown) => reason,
    )) as RepriseError;
    expect(byHparams.message).toContain('hparams.width 6 → 7');
    expect(await store.log.models()).toEqual([]);
  });

  test('takes the weights alone that fit it', async () => {
    const { path, store: originStore } = await savedFile();
    const origin = await opened(originStore);
    await trained(origin);
    const dict = await origin.stateDict();
    await origin.close();
    const store = await aStore();
    await expect(Model.load(path, wider, { store, weightsOnly: true })).rejects.toMatchObject({
      code: 'WEIGHTS_MISMATCH',
    });
    const load = { except: ['head.*'] };
    const model = await Model.load(path, wider, { store, weightsOnly: true, load, threads: 1 });
    const taken = await model.stateDict();
    expect(taken['hidden.weight']).toEqual(dict['hidden.weight']);
    expect(taken['head.weight']?.shape).toEqual([3, 6]);
    // No optimizer came along.
    await expect(model.checkpoint(1, (cp) => cp.train(data, anEpoch))).rejects.toMatchObject({ code: 'NO_LOSS' });
    await model.close();
  });
});

describe('weights alone', () => {
  test('are all that a file of weightsOnly has', async () => {
    const { store } = await savedFile();
    const path = join(await temporaryFolder(), 'weights.safetensors');
    const model = await opened(store);
    await trained(model);
    await model.save(path, { weightsOnly: true });
    const dict = await model.stateDict();
    await model.close();
    const { tensors, metadata } = readSafetensors(await readFile(path));
    expect(Object.fromEntries(tensors)).toEqual(dict);
    expect(metadata['reprise.state']).toBeUndefined();
    const loaded = await Model.load(path, net, { store: await aStore(), threads: 1 });
    expect(await loaded.stateDict()).toEqual(dict);
    await loaded.close();
  });
});

describe('options', () => {
  test.each([
    [{ weight: true }, 'UNKNOWN_OPTION'],
    [{ weights: {} }, 'UNKNOWN_OPTION'],
    [{ weightsOnly: 1 }, 'INVALID_OPTION'],
    [{ seed: 5 }, 'INVALID_OPTION'],
    [{ load: { strict: false } }, 'INVALID_OPTION'],
    [{ load: { strickt: false }, weightsOnly: true }, 'UNKNOWN_OPTION'],
    [{ id: '' }, 'INVALID_OPTION'],
  ])('of Model.load are refused: %j', async (options, code) => {
    const { path } = await savedFile();
    const store = await aStore();
    await expect(Model.load(path, net, { ...options, store } as never)).rejects.toMatchObject({ code });
  });

  test('of model.save are refused', async () => {
    const model = await opened(await aStore());
    await expect(model.save('')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(model.save('a.safetensors', { what: 'all' } as never)).rejects.toMatchObject({
      code: 'UNKNOWN_OPTION',
    });
    await model.close();
  });

  test('a model is called as its file is, unless it is named', async () => {
    const { path } = await savedFile();
    const store = await aStore();
    const dots = join(await temporaryFolder(), 'epoch=03-v1.2.safetensors');
    await writeFile(dots, await readFile(path));
    const byFile = await Model.load(dots, net, { store });
    const named = await Model.load(dots, net, { store, id: 'mine' });
    expect([byFile.id, named.id]).toEqual(['epoch=03-v1.2.safetensors', 'mine']);
    await byFile.close();
    await named.close();
  });
});

describe('where a file can’t be written or read', () => {
  test('the error names it, and what was there stays', async () => {
    const { path, store } = await savedFile();
    const bytes = await readFile(path);
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'taken'));
    const model = await opened(store);
    await trained(model);
    await expect(model.save(join(folder, 'taken'))).rejects.toMatchObject({ code: 'FILE_IO' });
    expect(await readdir(folder)).toEqual(['taken']);
    await expect(model.save(join(path, 'below a file.safetensors'))).rejects.toMatchObject({ code: 'FILE_IO' });
    expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
    await model.close();
    await expect(Model.load(join(folder, 'nowhere.safetensors'), net, { store })).rejects.toMatchObject({
      code: 'FILE_IO',
    });
    await expect(Model.load(folder, net, { store })).rejects.toMatchObject({ code: 'FILE_IO' });
  });

  test('a loss of one’s own in another net’s terms is no obstacle to its weights', async () => {
    const { path } = await savedFile();
    const model = await Model.open('other', net, {
      hparams: { width: 6 },
      store: await aStore(),
      weights: path,
      threads: 1,
    });
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
      await cp.evaluate(data, { loss: crossEntropy() });
    });
    await model.close();
  });
});
