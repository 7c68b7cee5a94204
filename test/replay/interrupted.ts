// Trains three epochs of four batches. Where the environment says so, a signal comes behind a batch, or two in a call that can't be stopped.
import { arrays, metric, Model, mse, sgd } from 'reprise';
import { nn, onnx } from '@reprise/onnx';

const input = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
const data = arrays({ input: { data: input, shape: [1] }, target: { data: input.map((x) => 2 * x), shape: [1] } });

const { SIGNAL = 'SIGINT', AT, TWICE, SIGNAL_HANDLERS } = process.env;
let batches = 0;
const signalled = metric(
  'batches',
  {
    mode: 'max',
    init: () => 0,
    update: (sum) => {
      if (++batches === Number(AT)) process.kill(process.pid, SIGNAL);
      return sum + 1;
    },
    result: (sum) => sum,
  },
  { key: 'counts batches' },
);

async function twice(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    process.kill(process.pid, SIGNAL);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return 1;
}

const model = await Model.open(
  'interrupted',
  onnx(() => nn.linear(1, 1)),
  { seed: 0, threads: 1, signals: SIGNAL_HANDLERS !== 'off' },
);
let code: unknown = null;
try {
  await model.checkpoint(1, async (cp) => {
    if (TWICE !== undefined) await cp.cached('slow', {}, twice, { key: 'slow' });
    await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.1, momentum: 0.9 }) });
    await cp.train(data, { epochs: 3, batchSize: 16, metrics: [signalled] });
  });
} catch (error) {
  code = (error as { readonly code?: unknown }).code;
}
const digest = code === null ? await model.checkpoint(1).stateDigest() : null;
await model.close();
console.log(JSON.stringify({ batches, code, digest, listeners: process.listenerCount('SIGINT') }));
