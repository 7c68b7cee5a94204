// Trains for a second, with something happening on the way where the environment says so.
import { arrays, metric, Model, mse, sgd } from 'reprise';
import { nn, onnx } from '@reprise/onnx';

const input = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i));
const data = arrays({ input: { data: input, shape: [1] }, target: { data: input.map((x) => 2 * x), shape: [1] } });

const { EPOCHS = '4', EXIT_AT, SAY, UNRECORDED } = process.env;
let batches = 0;
const slow = metric(
  'batches',
  {
    mode: 'max',
    init: () => 0,
    update: (sum) => {
      const begun = performance.now();
      while (performance.now() - begun < 3);
      batches++;
      if (batches === Number(EXIT_AT)) process.exit(3);
      if (SAY !== undefined) (batches % 2 === 0 ? console.log : console.error)(`said after ${batches} batches`);
      return sum + 1;
    },
    result: (sum) => sum,
  },
  { key: 'counts batches' },
);

const model = await Model.open(
  'terminal',
  onnx(() => nn.linear(1, 1)),
  { seed: 0, threads: 1 },
);
const options = { epochs: Number(EPOCHS), batchSize: 8, metrics: [slow] };
await model.checkpoint(1, async (cp) => {
  await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1, momentum: 0.9 }) });
  if (UNRECORDED === undefined) await cp.train(data, data, options);
});
if (UNRECORDED !== undefined) await model.train(data, data, options);
await model.close();
