// Trains with loggers and checkpoints and, where KILL_AT says so, dies in the middle of a batch as a killed process does.
import {
  arrays,
  callback,
  csvLogger,
  jsonlLogger,
  lrMonitor,
  metric,
  Model,
  modelCheckpoint,
  mse,
  sgd,
  tensorBoardLogger,
} from 'reprise';
import { nn, onnx } from '@reprise/onnx';

const input = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
const data = arrays({ input: { data: input, shape: [1] }, target: { data: input.map((x) => 2 * x), shape: [1] } });

const killAt = Number(process.env['KILL_AT']);
let batches = 0;
const deadly = metric(
  'batches',
  {
    mode: 'max',
    init: () => 0,
    update: (sum) => {
      if (++batches === killAt) process.kill(process.pid, 'SIGKILL');
      return sum + 1;
    },
    result: (sum) => sum,
  },
  { key: 'counts batches' },
);
const sums = callback(
  'sums',
  {
    observes: true,
    state: { sum: 0 },
    onStepEnd(ctx, state) {
      state.sum += ctx.loss;
      ctx.log('sum of losses', state.sum);
    },
  },
  { key: 'sums' },
);

const model = await Model.open(
  'killed',
  onnx(() => nn.linear(1, 1)),
  { seed: 0, threads: 1, loggers: [csvLogger('logs'), jsonlLogger('logs'), tensorBoardLogger('logs')] },
);
const { saved } = await model.checkpoint(1, async (cp) => {
  await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1, momentum: 0.9 }) });
  const best = modelCheckpoint({ monitor: 'train_loss', saveTopK: 2, saveLast: true });
  const steps = modelCheckpoint({ name: 'steps', everyNSteps: 7, saveTopK: -1 });
  const callbacks = [lrMonitor(), sums, best, steps];
  return cp.train(data, { epochs: 8, batchSize: 8, metrics: [deadly], callbacks, snapshots: { every: { steps: 3 } } });
});
console.log(JSON.stringify({ digest: await model.checkpoint(1).stateDigest(), saved }));
await model.close();
