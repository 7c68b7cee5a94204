import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arrays, crossEntropy, Model, sgd } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';

const data = arrays({
  input: { data: Float32Array.from({ length: 36 }, (_, i) => Math.sin(i * i)), shape: [3] },
  target: Uint8Array.from({ length: 12 }, (_, i) => i % 2),
});
const net = onnx(() => nn.sequential({ hidden: nn.linear(3, 4096), head: nn.linear(4096, 2) }));

test.each([
  ['BLOB_CORRUPT', damage],
  ['BLOB_MISSING', (path: string) => rm(path, { force: true })],
] as const)(
  'a state whose bytes are gone bad (%s) is computed again by the script that needs it, which says so',
  async (_, harm) => {
    const store = join(await temporaryFolder(), 'store');
    const script = async (epochs: readonly number[], folder = store): Promise<unknown> => {
      const model = await Model.open('a', net, { store: folder, threads: 1 });
      try {
        return await model.checkpoint(1, async (cp) => {
          await cp.setup({ loss: crossEntropy(), optimizer: sgd({ lr: 0.1 }) });
          const losses: number[] = [];
          for (const count of epochs) {
            const { history } = await cp.train(data, { epochs: count, progress: 'silent' });
            losses.push(...history.map(({ train }) => train.loss));
          }
          return losses;
        });
      } finally {
        await model.close();
      }
    };
    const [first] = (await script([1])) as number[];
    for (const name of await readdir(join(store, 'blobs'), { recursive: true })) {
      const path = join(store, 'blobs', name);
      if (/[0-9a-f]{64}$/.test(name) && (await stat(path)).size > 16384) await harm(path);
    }
    // What is replayed needs no tensor.
    expect(await script([1])).toEqual([first]);
    const again = (await script([1, 1])) as number[];
    expect(again[0]).toBe(first);
    expect(await script([1, 1])).toEqual(again);
    const other = join(await temporaryFolder(), 'store');
    expect(await script([1, 1], other)).toEqual(again);
  },
);

/** Changes a byte. */
async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  await chmod(path, 0o644);
  await writeFile(path, bytes.with(100, bytes[100]! ^ 1));
}
