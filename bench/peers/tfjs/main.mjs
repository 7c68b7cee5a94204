// The MLP in TensorFlow.js, on its wasm backend. Arguments: where it is installed, MNIST's folder, samples an epoch.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [folder, mnist, count] = process.argv.slice(2);
const samples = Number(count);
const require = createRequire(join(folder, 'package.json'));
const tf = require('@tensorflow/tfjs-core');
const { sequential, layers } = require('@tensorflow/tfjs-layers');
for (const backend of ['cpu', 'wasm']) require(`@tensorflow/tfjs-backend-${backend}`);
await tf.setBackend('wasm');
await tf.ready();

const images = readFileSync(join(mnist, 'train-images-idx3-ubyte')).subarray(16, 16 + samples * 784);
const labels = readFileSync(join(mnist, 'train-labels-idx1-ubyte')).subarray(8, 8 + samples);
const x = tf.tensor2d(
  Float32Array.from(images, (value) => value / 255),
  [samples, 784],
);
const y = tf.cast(tf.oneHot(tf.tensor1d(Int32Array.from(labels), 'int32'), 10), 'float32');

const model = sequential({
  layers: [
    layers.dense({ units: 128, activation: 'relu', inputShape: [784] }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
});
model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });

console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
  const begun = performance.now();
  const { history } = await model.fit(x, y, {
    epochs: 1,
    batchSize: 64,
    shuffle: true,
    verbose: 0,
    yieldEvery: 'never',
  });
  console.log(`turn ${performance.now() - begun} ${tf.getBackend()}, loss ${history.loss[0].toFixed(4)}`);
}
