// Bytes of loaded weights that go bad: they come from where they came from, or the call that needs them fails by name.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crossEntropy, Model, openStore, sgd, type Tensor } from 'reprise';
import { writeSafetensors } from '@reprise/formats';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';
import { anEpoch, data, net } from './support.js';

const wide = { hparams: { width: 3000 }, threads: 1 };

/** The weight of the first layer is a blob of its own: 48 KB. */
const tensors = (value: number): ReadonlyMap<string, Tensor> =>
  new Map([['hidden.weight', { dtype: 'float32', shape: [3000, 4], data: new Float32Array(12_000).fill(value) }]]);

async function place(): Promise<{ readonly store: string; readonly path: string }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'files'));
  return { store: join(folder, 'store'), path: join(folder, 'files', 'weights.safetensors') };
}

/** Removes the file of the blob that holds these weights, and lets the store find out. */
async function lose(store: string, value: number): Promise<void> {
  const wanted = createHash('sha256')
    .update(new Uint8Array(new Float32Array(12_000).fill(value).buffer))
    .digest('hex');
  const names = await readdir(join(store, 'blobs'), { recursive: true });
  let lost = 0;
  for (const name of names.filter((each) => /[0-9a-f]{64}$/.test(each))) {
    const path = join(store, 'blobs', name);
    if (
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex') !== wanted
    )
      continue;
    await rm(path);
    lost++;
  }
  expect(lost).toBe(1);
  const opened = await openStore(store);
  expect((await opened.upkeep.verify({ full: true })).damages.length).toBeGreaterThan(0);
  await opened.close();
}

async function whole(store: string): Promise<boolean> {
  const opened = await openStore(store);
  const { damages } = await opened.upkeep.verify({ full: true });
  await opened.close();
  return damages.length === 0;
}

/** A block that loads, and asks something of what it loaded. */
async function run(store: string, path: string, batchSize: number): Promise<string> {
  const model = await Model.open('wide', net, { ...wide, store });
  try {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: crossEntropy(), optimizer: sgd({ lr: 0.1 }) });
      await cp.loadWeights(path, { only: ['hidden.weight'] });
      await cp.evaluate(data, { batchSize, progress: 'silent' });
    });
    return await model.checkpoint(1).stateDigest();
  } finally {
    await model.close();
  }
}

describe('loaded weights whose bytes are lost', () => {
  test('are read again from the file that they came from, when something needs them', async () => {
    const { store, path } = await place();
    await writeFile(path, writeSafetensors(tensors(0.5)));
    const digest = await run(store, path, 8);
    await lose(store, 0.5);
    expect(await run(store, path, 4)).toBe(digest);
    expect(await whole(store)).toBe(true);
  });

  test('are not taken from a file that holds others by now', async () => {
    const { store, path } = await place();
    await writeFile(path, writeSafetensors(tensors(0.5)));
    const digest = await run(store, path, 8);
    await lose(store, 0.5);
    await writeFile(path, writeSafetensors(tensors(0.25)));
    expect(await run(store, path, 8)).not.toBe(digest);
    expect(await whole(store)).toBe(false);
  });

  test('of a root from a file are read again too', async () => {
    const { store, path } = await place();
    await writeFile(path, writeSafetensors(tensors(0.5)));
    const root = async (batchSize: number): Promise<void> => {
      const load = { only: ['hidden.weight'] };
      const model = await Model.open('wide', net, { ...wide, store, weights: path, load });
      try {
        await model.checkpoint(1, async (cp) => {
          await cp.setup({ loss: crossEntropy(), optimizer: sgd({ lr: 0.1 }) });
          await cp.evaluate(data, { batchSize, progress: 'silent' });
        });
      } finally {
        await model.close();
      }
    };
    await root(8);
    await lose(store, 0.5);
    await root(4);
    expect(await whole(store)).toBe(true);
  });

  test('of a whole state in a file are read again too', async () => {
    const { store, path } = await place();
    const origin = await Model.open('wide', net, { ...wide, store });
    await origin.checkpoint(1, async (cp) => {
      await cp.setup({ loss: crossEntropy(), optimizer: sgd({ lr: 0.1, momentum: 0.9 }) });
      await cp.train(data, anEpoch);
      await cp.loadStateDict(tensors(0.5), { only: ['hidden.weight'] });
    });
    await origin.save(path);
    await origin.close();
    const other = `${store}-other`;
    const go = async (batchSize: number): Promise<number> => {
      const model = await Model.open('resumed', net, { ...wide, store: other });
      try {
        await model.checkpoint(1, { resumeFrom: path }, (cp) => cp.evaluate(data, { batchSize, progress: 'silent' }));
        return model.report.run;
      } finally {
        await model.close();
      }
    };
    expect(await go(8)).toBe(1);
    await lose(other, 0.5);
    expect(await go(4)).toBe(1);
    expect(await whole(other)).toBe(true);
  });
});
