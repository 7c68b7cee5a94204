import { join } from 'node:path';
import { adam, arrays, crossEntropy, Model, openStore, stepLR, type Store } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/session.js';

export const net = onnx((h: { readonly width: number }) =>
  nn.sequential({ hidden: nn.linear(4, h.width), act: nn.relu(), head: nn.linear(h.width, 2) }),
);

export const data = arrays({
  input: { data: Float32Array.from({ length: 24 * 4 }, (_, i) => Math.sin(i * 1.3)), shape: [4] },
  target: Uint8Array.from({ length: 24 }, (_, i) => i % 2),
});

export const anEpoch = { epochs: 1, batchSize: 8, progress: 'silent' } as const;

/** A store of its own, closed when the test ends. */
export async function aStore(): Promise<Store> {
  const store = await openStore(join(await temporaryFolder(), 'store'));
  onTestFinished(() => store.close());
  return store;
}

/** Opens the net's model in a store. */
export function opened(
  store: Store,
  options: { readonly width?: number; readonly seed?: number } = {},
): Promise<Model> {
  const { width = 6, seed = 3 } = options;
  return Model.open('origin', net, { hparams: { width }, seed, store, threads: 1, description: 'a small one' });
}

/** Trains checkpoint 1: Adam under a schedule that moves after each epoch. */
export async function trained(model: Model): Promise<void> {
  await model.checkpoint(1, async (cp) => {
    await cp.setup({
      loss: crossEntropy(),
      optimizer: adam({ lr: 0.01 }),
      epochScheduler: stepLR({ stepSize: 1, gamma: 0.5 }),
    });
    await cp.train(data, { ...anEpoch, epochs: 2 });
  });
}

/** A file of that state, and the state's digest. */
export async function savedFile(): Promise<{ readonly path: string; readonly digest: string; readonly store: Store }> {
  const store = await aStore();
  const model = await opened(store);
  await trained(model);
  const path = join(await temporaryFolder(), 'origin.safetensors');
  await model.save(path);
  const digest = await model.checkpoint(1).stateDigest();
  await model.close();
  return { path, digest, store };
}
