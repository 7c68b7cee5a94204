// A small convolutional net on MNIST: at least 98.5 % of the test digits.
import { accuracy, adam, cosine, crossEntropy, Model } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { mnist } from './data/mnist.js';

const { train, test } = mnist([1, 28, 28]);
const [fit, held] = train.split(0.9, 1);

const model = await Model.open(
  'mnist-cnn',
  onnx(() =>
    nn.sequential({
      conv1: nn.conv2d(1, 8, 3),
      relu1: nn.relu(),
      pool1: nn.maxPool2d(2),
      conv2: nn.conv2d(8, 16, 3),
      relu2: nn.relu(),
      pool2: nn.maxPool2d(2),
      flat: nn.flatten(),
      head: nn.linear(400, 10),
    }),
  ),
  { seed: 0, description: 'two convolutions and a linear head' },
);

await model.checkpoint('adam', async (cp) => {
  await cp.setup({
    loss: crossEntropy(),
    optimizer: adam({ lr: 2e-3 }),
    epochScheduler: cosine({ tMax: 5, etaMin: 1e-4 }),
  });
  await cp.train(fit, held, { epochs: 5, batchSize: 64, metrics: [accuracy()], watch: 'accuracy', loadBest: true });
});

const score = await model.checkpoint('adam').evaluate(test, { metrics: [accuracy()] });
console.log(`${(100 * score.accuracy).toFixed(2)} % of the test digits are right`);

// The trained net, for anything that reads ONNX.
await model.exportOnnx('mnist-cnn.onnx');
await model.close();
