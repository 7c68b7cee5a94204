// Trains ten epochs of two batches; where the environment says so, slowly, and dies in the middle as a killed process does.
import { arrays, metric, Model, mse, sgd } from 'reprise';
import { nn, onnx } from '@reprise/onnx';

const input = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
const data = arrays({ input: { data: input, shape: [1] }, target: { data: input.map((x) => 2 * x), shape: [1] } });

const { PAUSE = '0', KILL_AT } = process.env;
let batches = 0;
const deadly = metric(
  'batches',
  {
    mode: 'max',
    init: () => 0,
    update: (sum) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(PAUSE));
      if (++batches === Number(KILL_AT)) process.kill(process.pid, 'SIGKILL');
      return sum + 1;
    },
    result: (sum) => sum,
  },
  { key: 'counts batches' },
);

const model = await Model.open(
  'killed',
  onnx(() => nn.linear(1, 1)),
  { seed: 0, threads: 1 },
);
await model.checkpoint(1, async (cp) => {
  await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1, momentum: 0.9 }) });
  await cp.train(data, { epochs: 10, batchSize: 32, metrics: [deadly] });
});
console.log(JSON.stringify({ batches, digest: await model.checkpoint(1).stateDigest() }));
await model.close();
