// What the engine's step costs alone: no shuffling, no loop, no copies of samples.
import { availableParallelism } from 'node:os';
import { adam, crossEntropy, type Tensor } from '@reprise/core';
import { digits } from '../../data/mnist.js';
import { serve } from '../../harness/serve.js';
import { batchSize, engines, netName, nets } from '../nets.js';

const name = netName(process.argv[2]);
const { samples, shape } = nets[name];
const { pixels, labels } = digits(samples);

const description = await engines[name].describe(undefined);
const net = await engines[name].load(description, { threads: availableParallelism() });
const optimizer = adam({ lr: 1e-3 });
net.restore({ net: net.initialize(0), optimizer: net.freshOptimizer(optimizer) });
const trainer = await net.trainer({ loss: crossEntropy(), optimizer, frozen: [], clip: null });

let step = 0;
await serve(async () => {
  let loss = 0;
  for (let at = 0; at < samples; at += batchSize) {
    const rows = Math.min(batchSize, samples - at);
    const input: Tensor = {
      dtype: 'float32',
      shape: [rows, ...shape],
      data: pixels.subarray(at * 784, (at + rows) * 784),
    };
    const target: Tensor = { dtype: 'uint8', shape: [rows], data: labels.subarray(at, at + rows) };
    const batch = new Map([
      ['input', input],
      ['target', target],
    ]);
    loss += rows * (await trainer.step(batch, { lr: 1e-3, seed: 0, step: step++ })).loss;
  }
  return `loss ${(loss / samples).toFixed(4)}`;
});
await net.dispose();
