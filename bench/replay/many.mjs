// A thousand ops in one process, of the kind that is its argument. Prints how they were answered, how long the calls took, and, for those with data,
// how long hashing the data once takes.
import { adam, arrays, crossEntropy, Model, openStore } from 'reprise';
import { nn, onnx } from '@reprise/onnx';
import { samples } from './data.mjs';

const [kind] = process.argv.slice(2);
const data = samples(8, 4, 2);
const answers = {};
const model = await Model.open(
  `many-${kind}`,
  onnx(() => nn.sequential({ hidden: nn.linear(4, 4), act: nn.tanh(), head: nn.linear(4, 2) })),
  { onEvent: ({ how }) => how && (answers[how] = (answers[how] ?? 0) + 1) },
);

/** As large as the pictures of MNIST. */
const pictures = kind === 'data' ? Uint8Array.from({ length: 60_000 * 784 }, (_, i) => i % 251) : new Uint8Array(1);
const large = arrays({ input: { data: pictures, shape: [Math.max(1, pictures.length / 60_000)] } });

const begun = performance.now();
if (kind === 'data') {
  await model.checkpoint('base', (cp) => cp.setup({ loss: crossEntropy(), optimizer: adam() }));
  for (let i = 0; i < 1_000; i++) {
    await model.checkpoint('base').cached('length', { i, large }, (args) => args.large.length + args.i);
  }
} else if (kind === 'cached') {
  await model.checkpoint('base', (cp) => cp.setup({ loss: crossEntropy(), optimizer: adam() }));
  for (let i = 0; i < 1_000; i++) {
    await model.checkpoint('base').cached('square', { i }, (args) => ({ square: args.i ** 2 }));
  }
} else {
  for (let block = 0; block < 50; block++) {
    await model.checkpoint(block, async (cp) => {
      await cp.setup({ loss: crossEntropy(), optimizer: adam() });
      for (let i = 0; i < 20; i++) await cp.train(data, { epochs: 1, batchSize: 8, progress: 'silent' });
    });
  }
}
const milliseconds = performance.now() - begun;
await model.close();

const store = await openStore(process.env.REPRISE_STORE);
const before = performance.now();
store.hasher.digest(pictures);
const hashing = performance.now() - before;
await store.close();
console.log(JSON.stringify({ answers, milliseconds, hashing }));
