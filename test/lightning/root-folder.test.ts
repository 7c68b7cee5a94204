// reference/lightning-saving-and-loading.md: Lightning saves a checkpoint of the last epoch by itself, in `default_root_dir`. Here that is the store's folder.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { arrays, Model, mse, type OpenOptions, sgd } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../support/session.js';

const net = onnx(() => nn.linear(2, 1));
const data = arrays({
  input: { data: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)), shape: [2] },
  target: { data: Float32Array.from({ length: 16 }, (_, i) => Math.cos(i)), shape: [1] },
});
const options = { batchSize: 8, progress: 'silent' } as const;

/** A script that asks for nothing to be saved. */
async function script(epochs: number, where: Pick<OpenOptions<undefined>, 'store'>): Promise<string> {
  const model = await Model.open('root', net, { threads: 1, ...where });
  try {
    await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1, momentum: 0.9 }) });
      await cp.train(data, { ...options, epochs });
    });
    return await model.checkpoint(1).stateDigest();
  } finally {
    await model.close();
  }
}

afterEach(() => vi.unstubAllEnvs());

test('the last epoch is there without being asked for: another process goes on from it by resumeFrom: last', async () => {
  const store = join(await temporaryFolder(), 'ckpts');
  await script(3, { store });
  const later = await Model.open('root', net, { threads: 1, store });
  await later.loadCheckpoint(1);
  const { epochs } = await later.checkpoint(2, { resumeFrom: 'last' }, (cp) =>
    cp.train(data, { ...options, untilEpoch: 5 }),
  );
  const digest = await later.checkpoint(2).stateDigest();
  await later.close();
  expect(epochs).toBe(2);
  expect(digest).toBe(await script(5, { store: join(await temporaryFolder(), 'in one go') }));
});

test('the folder is the one that store or REPRISE_STORE names', async () => {
  const folder = await temporaryFolder();
  vi.stubEnv('REPRISE_STORE', join(folder, 'by the environment'));
  const digest = await script(1, {});
  expect((await stat(join(folder, 'by the environment'))).isDirectory()).toBe(true);
  expect(await script(1, { store: join(folder, 'by the option') })).toBe(digest);
  expect((await stat(join(folder, 'by the option'))).isDirectory()).toBe(true);
});
