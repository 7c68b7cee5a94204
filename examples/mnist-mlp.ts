// The main job, on real data. Run it twice: the second run replays every call. Then edit something, and run it again.
import { accuracy, adam, crossEntropy, Model, plotLr, sgd, stepLR } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { mnist } from './data/mnist.js';

const began = performance.now();
const { train, test } = mnist();

const model = await Model.open(
  'mnist-mlp',
  onnx((h: { width: number }) =>
    nn.sequential({ hidden: nn.linear(784, h.width), act: nn.relu(), head: nn.linear(h.width, 10) }),
  ),
  { hparams: { width: 128 }, seed: 0, description: 'two-layer MLP' },
);

const metrics = [accuracy()];

await model.checkpoint(1, { description: 'Adam for 8 + 8 epochs' }, async (cp) => {
  await cp.setup({
    loss: crossEntropy(),
    optimizer: adam({ lr: 5e-4, weightDecay: 1e-5 }),
    epochScheduler: stepLR({ stepSize: 6, gamma: 0.4 }),
  });
  await cp.train(train, test, { epochs: 8, batchSize: 64, metrics, watch: 'accuracy', loadBest: true });
  await cp.train(train, test, { epochs: 8, batchSize: 64, metrics, watch: 'accuracy', loadBest: true });
  await cp.plotMetrics();
});

// The cache API: on checkpoint 1's own state, wherever the model is.
const curve = await model.checkpoint(1).findLr(train, { optimizer: sgd(), batchSize: 64 });
await plotLr(curve);
const score = await model.checkpoint(1).evaluate(test, { metrics });

// On from where the model is, with a fresh optimizer …
await model.checkpoint(2, { description: 'SGD for 4 epochs more' }, async (cp) => {
  await cp.setup({ optimizer: sgd({ lr: 0.02, momentum: 0.9 }), epochScheduler: null });
  await cp.train(train, test, { epochs: 4, batchSize: 64, metrics });
});

// … and back: 3 is a fork that stands on 1, as 2 does.
await model.loadCheckpoint(1);
await model.checkpoint(3, { description: 'Only the head, for 2 epochs' }, async (cp) => {
  await cp.train(train, test, { epochs: 2, batchSize: 64, metrics, freeze: ['hidden.*'] });
});

for (const id of [1, 2, 3]) {
  const { accuracy: correct } = await model.checkpoint(id).evaluate(test, { metrics, progress: 'silent' });
  console.log(`checkpoint ${id}: ${(100 * correct).toFixed(2)} % of the test digits are right`);
}
console.log(`checkpoint 1 once more, as it was evaluated above: ${(100 * score.accuracy).toFixed(2)} %`);
const { run } = model.report;
await model.close();

const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(
  run > 0
    ? `\n${seconds} s in all. Run it again, with the same command, and see it replay.`
    : `\n${seconds} s in all: everything was replayed. Now change a learning rate in examples/mnist-mlp.ts, and run it again.`,
);
