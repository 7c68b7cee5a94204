// reference/lightning-saving-and-loading.md: `print(model.learning_rate)` prints the learning rate that a loaded checkpoint was trained with.
import { join } from 'node:path';
import { adam, arrays, Model, mse } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';

const net = onnx((h: { readonly width: number; readonly learningRate: number }) =>
  nn.sequential({ hidden: nn.linear(2, h.width), act: nn.tanh(), head: nn.linear(h.width, 1) }),
);
const given = { width: 4, learningRate: 0.02 };
const data = arrays({
  input: { data: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)), shape: [2] },
  target: { data: Float32Array.from({ length: 16 }, (_, i) => Math.cos(i)), shape: [1] },
});

test('hparams are those that were trained with, also where a file brings them, and those that are given go in their place', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'example.safetensors');
  const store = join(folder, 'store');

  const model = await Model.open('model', net, { hparams: given, threads: 1, store });
  expect(model.hparams).toEqual(given);
  await model.checkpoint(1, async (cp) => {
    await cp.setup({ loss: mse(), optimizer: adam({ lr: given.learningRate }) });
    await cp.train(data, { epochs: 1, batchSize: 8, progress: 'silent' });
  });
  const digest = await model.checkpoint(1).stateDigest();
  await model.save(path);
  await model.close();

  const loaded = await Model.load(path, net, { store: join(folder, 'elsewhere') });
  expect(loaded.hparams).toEqual(given);
  // What was trained with the rate in the file is what a checkpoint of it is, without a call more.
  await loaded.checkpoint(1, async () => undefined);
  expect(await loaded.checkpoint(1).stateDigest()).toBe(digest);
  await loaded.close();

  const other = await Model.load(path, net, { store: join(folder, 'elsewhere'), hparams: { learningRate: 0.5 } });
  expect(other.hparams).toEqual({ width: 4, learningRate: 0.5 });
  await other.close();
});

test('a net whose builder takes no hparams has none', async () => {
  const store = join(await temporaryFolder(), 'store');
  const model = await Model.open(
    'plain',
    onnx(() => nn.linear(2, 1)),
    { threads: 1, store },
  );
  expect(model.hparams).toBeNull();
  await model.close();
});
