// Every recorded call once, on a net with a blob of its own; says whether onnxruntime's library was loaded.
import { accuracy, adam, arrays, crossEntropy, Model } from 'reprise';
import { nn, onnx } from '@reprise/onnx';

const samples = 96;
const input = Float32Array.from({ length: samples * 64 }, (_, i) => Math.sin(i * 1.3));
const data = arrays({
  input: { data: input, shape: [64] },
  target: Uint8Array.from({ length: samples }, (_, i) => i % 3),
});

const model = await Model.open(
  'all-calls',
  onnx(() =>
    nn.sequential({
      backbone: nn.linear(64, 96),
      norm: nn.batchNorm(96),
      act: nn.relu(),
      drop: nn.dropout(0.2),
      head: nn.linear(96, 3),
    }),
  ),
  { seed: 0, threads: 2 },
);
const metrics = [accuracy()];
await model.checkpoint('whole', async (cp) => {
  await cp.setup({ loss: crossEntropy(), optimizer: adam() });
  await cp.train(data, data, { epochs: 2, metrics, watch: 'accuracy', loadBest: true, progress: 'silent' });
});
await model.checkpoint('whole').findLr(data, { steps: 10, progress: 'silent' });
await model.checkpoint('whole').predict(data, { progress: 'silent' });
await model.checkpoint('whole').predict(
  Float32Array.from({ length: 64 }, () => 1),
  { progress: 'silent' },
);
await model
  .checkpoint('whole')
  .cached('sum', { samples: data }, async ({ samples: all }, net) => (await net.evaluate(all)).loss);
await model.checkpoint('head', async (cp) => {
  await cp.train(data, { epochs: 1, freeze: ['backbone.*'], progress: 'silent' });
  await cp.evaluate(data, { metrics, progress: 'silent' });
});
const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
console.log(
  JSON.stringify({
    loaded: sharedObjects.some((path) => path.includes('onnxruntime')),
    digests: [await model.checkpoint('whole').stateDigest(), await model.checkpoint('head').stateDigest()],
  }),
);
await model.close();
