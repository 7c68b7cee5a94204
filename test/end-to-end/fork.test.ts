import { join } from 'node:path';
import { adam, arrays, crossEntropy, Model, openStore, type Store } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';

const input = Float32Array.from({ length: 32 * 64 }, (_, i) => Math.sin(i));
const data = arrays({ input: { data: input, shape: [64] }, target: Uint8Array.from({ length: 32 }, (_, i) => i % 2) });

async function sizes(store: Store): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for await (const { digest, size } of store.blobs.list()) found.set(digest, size);
  return found;
}

test('a fork whose backbone is frozen adds no blob for the frozen tensors', async () => {
  const store = await openStore(join(await temporaryFolder(), 'store'));
  const model = await Model.open(
    'fork',
    onnx(() => nn.sequential({ backbone: nn.linear(64, 128), act: nn.relu(), head: nn.linear(128, 2) })),
    { store, threads: 1 },
  );
  const options = { epochs: 1, progress: 'silent' } as const;
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: crossEntropy(), optimizer: adam() });
    await cp.train(data, options);
  });
  const before = await sizes(store);
  await model.checkpoint(2, (cp) => cp.train(data, { ...options, freeze: ['backbone.*'] }));
  const added = [...(await sizes(store))].filter(([digest]) => !before.has(digest));
  // The backbone's weight and its two moments are blobs of 32 KiB each; the head rides in the manifest, which is new, as is the call's own blob.
  expect([...before.values()].filter((size) => size === 64 * 128 * 4)).toHaveLength(3);
  expect(added).toHaveLength(2);
  for (const [, size] of added) expect(size).toBeLessThan(32 * 1024);
  await model.close();
  await store.close();
});
