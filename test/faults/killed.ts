// Trains 20 epochs and, where KILL_AT says so, dies in the middle as a killed process does.
import { arrays, metric, Model, mse, sgd } from 'reprise';
import { nn, onnx } from '@reprise/onnx';

const input = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
const data = arrays({ input: { data: input, shape: [1] }, target: { data: input.map((x) => 2 * x), shape: [1] } });

let batches = 0;
const deadly = metric(
  'batches',
  {
    mode: 'max',
    init: () => 0,
    update: (sum) => {
      if (++batches === Number(process.env['KILL_AT'])) process.kill(process.pid, 'SIGKILL');
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
const result = await model.checkpoint(1, async (cp) => {
  await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1 }) });
  return cp.train(data, { epochs: 20, batchSize: 32, metrics: [deadly], progress: 'silent' });
});
console.log(
  JSON.stringify({ epochs: result.history.length, batches, digest: await model.checkpoint(1).stateDigest() }),
);
await model.close();
