// model.summary(): layers, shapes, parameters, trainable or not, bytes.
import { join } from 'node:path';
import { nn, onnx } from '@reprise/onnx';
import { arrays, iterable, Model } from 'reprise';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/session.js';

const images = arrays({
  input: { data: new Float32Array(4 * 28 * 28), shape: [1, 28, 28] },
  target: { data: new Int32Array(4), shape: [] },
});

const cnn = onnx(() =>
  nn.sequential({
    conv: nn.conv2d(1, 8, 3),
    norm: nn.batchNorm(8),
    relu: nn.relu(),
    pool: nn.maxPool2d(2),
    flat: nn.flatten(),
    drop: nn.dropout(0.5),
    out: nn.linear(8 * 13 * 13, 10),
  }),
);

async function opened(): Promise<Model> {
  return Model.open('cnn', cnn, { store: join(await temporaryFolder(), 'store') });
}

test('says what each layer is, gives and has', async () => {
  const model = await opened();
  const { layers, parameters, trainable, buffers, bytes, text } = await model.summary(images);
  expect(layers.map(({ name, output }) => [name, output])).toEqual([
    ['conv', [null, 8, 26, 26]],
    ['norm', [null, 8, 26, 26]],
    ['relu', [null, 8, 26, 26]],
    ['pool', [null, 8, 13, 13]],
    ['flat', [null, 1352]],
    ['drop', [null, 1352]],
    ['out', [null, 10]],
  ]);
  const scalars = { conv: 8 * 9 + 8, norm: 16, out: 13520 + 10 };
  expect({ parameters, trainable, buffers }).toEqual({
    parameters: scalars.conv + scalars.norm + scalars.out,
    trainable: scalars.conv + scalars.norm + scalars.out,
    buffers: 16,
  });
  expect(bytes).toBe(4 * (parameters + buffers));
  expect(layers[1]?.parameters.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'norm.weight parameter',
    'norm.bias parameter',
    'norm.running_mean buffer',
    'norm.running_var buffer',
  ]);
  expect(text.split('\n')).toHaveLength(layers.length + 2);
  expect(text).toMatch(/^out +MatMul, Add +\[n, 10\] +13,530 +weight \[10, 1352\], bias \[10\]$/m);
  expect(text).toMatch(/\n13,626 parameters, all trainable, 16 in buffers: 55 kB$/);
  await model.close();
});

test('needs no data, says what is frozen, and takes a stream', async () => {
  const model = await opened();
  const plain = await model.summary();
  expect(plain.layers.every(({ output }) => output === null)).toBe(true);
  const frozen = await model.summary(null, { freeze: ['conv.*'] });
  expect(frozen.parameters - frozen.trainable).toBe(80);
  expect(frozen.text).toContain('weight [8, 1, 3, 3] (frozen)');
  const one = iterable(
    async function* () {
      yield { input: { dtype: 'float32', shape: [1, 28, 28], data: new Float32Array(28 * 28) } };
    },
    { key: 'one image' },
  );
  expect((await model.summary(one)).layers.at(-1)?.output).toEqual([null, 10]);
  await model.close();
});

test('refuses data that do not fit, and options that there are not', async () => {
  const model = await opened();
  const wrong = arrays({ input: { data: new Float32Array(2 * 9), shape: [1, 3, 3] } });
  await expect(model.summary(arrays({ picture: { data: new Float32Array(4), shape: [2] } }))).rejects.toMatchObject({
    code: 'DATA_MISMATCH',
  });
  await expect(model.summary(wrong)).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
  await expect(model.summary(null, { frozen: [] } as never)).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
  await model.close();
});
