// A training step as a hand-written inference graph for onnxruntime, in a bare loop: what reprise's engine is measured against.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { digits, oneHot } from '../../data/mnist.js';
import { serve } from '../../harness/serve.js';
import { batchSize, netName, nets } from '../../train/nets.js';
import { writeStep } from './adam.js';
import { GraphWriter } from './graph-writer.js';
import { cnn, mlp } from './nets.js';

const name = netName(process.argv[2]);
const { samples } = nets[name];
const net = { mlp, cnn }[name](batchSize);
const session = await InferenceSession.create(writeStep(new GraphWriter(), net, batchSize));

const { pixels, labels } = digits(samples);
const targets = oneHot(labels);
const tensor = (data: Float32Array, dims: readonly number[]): Tensor => new Tensor('float32', data, dims);
const scalar = (value: number): Tensor => tensor(Float32Array.of(value), []);

let state: Record<string, Tensor> = {};
for (const [parameter, dims] of Object.entries(net.parameters)) {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const fan = dims.length === 4 ? 9 * (dims[0]! + dims[1]!) : dims[0]! + (dims[1] ?? 0);
  const limit = dims.length > 1 ? Math.sqrt(6 / fan) : 0;
  state[parameter] = tensor(
    Float32Array.from({ length: size }, () => (Math.random() * 2 - 1) * limit),
    dims,
  );
  for (const slot of ['.m', '.v']) state[parameter + slot] = tensor(new Float32Array(size), dims);
}

let step = 0;
await serve(async () => {
  let loss = 0;
  let batches = 0;
  for (let i = 0; i + batchSize <= samples; i += batchSize, batches++) {
    step++;
    const out = await session.run({
      x: tensor(pixels.subarray(i * 784, (i + batchSize) * 784), net.input),
      y: tensor(targets.subarray(i * 10, (i + batchSize) * 10), [batchSize, 10]),
      lr: scalar(1e-3),
      bias1: scalar(1 - 0.9 ** step),
      bias2: scalar(1 - 0.999 ** step),
      ...state,
    });
    state = Object.fromEntries(Object.keys(state).map((key) => [key, out[`${key}'`]!]));
    loss += Number(out['loss']!.data[0]);
  }
  return `loss ${(loss / batches).toFixed(4)}`;
});
