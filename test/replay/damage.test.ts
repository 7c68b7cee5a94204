import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arrays, crossEntropy, Model, sgd } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';

const input = Float32Array.from({ length: 32 * 64 }, (_, i) => Math.sin(i));
const data = arrays({ input: { data: input, shape: [64] }, target: Uint8Array.from({ length: 32 }, (_, i) => i % 2) });
const options = { epochs: 1, progress: 'silent' } as const;

const open = (store: string): Promise<Model> =>
  Model.open(
    'damaged',
    onnx(() => nn.sequential({ hidden: nn.linear(64, 128), act: nn.relu(), head: nn.linear(128, 2) })),
    {
      store,
      threads: 1,
    },
  );

/** The largest blobs' files: the tensors. */
async function tensorFiles(store: string): Promise<string[]> {
  const folder = join(store, 'blobs');
  const files = (await readdir(folder, { recursive: true }))
    .map((name) => join(folder, name))
    .filter((path) => /[0-9a-f]{64}$/.test(path));
  const sizes = await Promise.all(files.map(async (path) => (await readFile(path)).byteLength));
  return files.filter((_, i) => sizes[i] === 64 * 128 * 4);
}

test.each([
  ['a flipped bit', 'BLOB_CORRUPT'],
  ['a missing file', 'BLOB_MISSING'],
])(
  '%s in a tensor never becomes wrong numbers: replay goes on, what needs it computes it again where the script can, and fails by name where it can not',
  async (damage, code) => {
    const store = join(await temporaryFolder(), 'store');
    const first = await open(store);
    const block = (model: Model) =>
      model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: crossEntropy(), optimizer: sgd({ lr: 0.1 }) });
        return cp.train(data, options);
      });
    const trained = await block(first);
    const score = await first.evaluate(data);
    const digest = await first.checkpoint(1).stateDigest();
    await first.close();
    for (const file of await tensorFiles(store)) {
      await chmod(file, 0o644);
      if (damage === 'a missing file') await rm(file);
      else {
        const bytes = await readFile(file);
        bytes[1000] = (bytes[1000] as number) ^ 1;
        await writeFile(file, bytes);
      }
    }
    const second = await open(store);
    await second.loadCheckpoint(1);
    await expect(second.evaluate(data)).rejects.toMatchObject({ code });
    await second.close();
    const third = await open(store);
    expect(await block(third)).toEqual(trained);
    expect(await third.evaluate(data)).toEqual(score);
    expect(await third.checkpoint(1).stateDigest()).toBe(digest);
    await third.close();
    const fourth = await open(store);
    await fourth.loadCheckpoint(1);
    expect(await fourth.evaluate(data)).toEqual(score);
    await fourth.close();
  },
);
