// A script as compiled from TypeScript, on little data: what it costs to replay it as a process. Prints where its time went.
import { accuracy, adam, crossEntropy, Model, sgd, stepLR } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { samples } from './data.mjs';

const imported = performance.now();
const train = samples(256, 784, 10);
const test = samples(128, 784, 10);
const metrics = [accuracy()];
const answers = {};

const begun = performance.now();
const model = await Model.open(
  'script',
  onnx((h) => nn.sequential({ hidden: nn.linear(784, h.width), act: nn.relu(), head: nn.linear(h.width, 10) })),
  { hparams: { width: 128 }, onEvent: ({ how }) => how && (answers[how] = (answers[how] ?? 0) + 1) },
);
const opened = performance.now();

await model.checkpoint(1, async (cp) => {
  await cp.setup({
    loss: crossEntropy(),
    optimizer: adam({ lr: 1e-3, weightDecay: 1e-5 }),
    epochScheduler: stepLR({ stepSize: 6, gamma: 0.4 }),
  });
  await cp.train(train, test, { epochs: 2, batchSize: 64, metrics, watch: 'accuracy', loadBest: true });
  await cp.train(train, test, { epochs: 2, batchSize: 64, metrics, watch: 'accuracy', loadBest: true });
});
await model.checkpoint(1).findLr(train, { optimizer: sgd(), batchSize: 64 });
await model.checkpoint(1).evaluate(test, { metrics });
await model.checkpoint(2, async (cp) => {
  await cp.setup({ optimizer: sgd({ lr: 0.02, momentum: 0.9 }), epochScheduler: null });
  await cp.train(train, test, { epochs: 2, batchSize: 64, metrics });
});
await model.loadCheckpoint(1);
await model.checkpoint(3, (cp) => cp.train(train, test, { epochs: 1, batchSize: 64, metrics, freeze: ['hidden.*'] }));
for (const id of [1, 2, 3]) await model.checkpoint(id).evaluate(test, { metrics });
const called = performance.now();
await model.close();
const closed = performance.now();

const node = performance.nodeTiming.bootstrapComplete;
const loaded = process.argv[2] === 'check' ? sharedObjects() : [];
console.log(
  JSON.stringify({
    answers,
    loaded,
    milliseconds: {
      node,
      imports: imported - node,
      data: begun - imported,
      open: opened - begun,
      calls: called - opened,
      close: closed - called,
    },
  }),
);

function sharedObjects() {
  process.report.excludeNetwork = true;
  return process.report.getReport().sharedObjects;
}
