// The script that an afternoon edits: afternoon.test.ts changes its text, as a person would, and runs it again.
import { accuracy, adam, arrays, crossEntropy, type Engine, metric, Model } from 'reprise';
import { nn, onnx } from '@reprise/onnx';

const samples = 256;
const points = Float32Array.from({ length: samples * 4 }, (_, i) => Math.sin(i * 1.7));
const classes = Uint8Array.from({ length: samples }, (_, i) => (points[4 * i]! > points[4 * i + 1]! ? 1 : 0));
const data = arrays({ input: { data: points, shape: [4] }, target: classes });
const [train, test] = data
  .map(({ input, target }) => {
    const scaled = Float32Array.from(input.data, (value) => value * 2);
    return { input: { data: scaled, shape: [4] }, target };
  })
  .split(0.75, 1);

/** How far the first class is ahead, on average. */
const margin = metric('margin', {
  mode: 'max',
  init: () => ({ sum: 0, count: 0 }),
  update: (total, { output }) => {
    for (let i = 0; i < output.data.length; i += 2) {
      total.sum += Number(output.data[i]) - Number(output.data[i + 1]);
      total.count++;
    }
    return total;
  },
  result: ({ sum, count }) => sum / count,
});

let steps = 0;
/** The engine, with its training steps counted. */
function counted<H>(engine: Engine<H>): Engine<H> {
  return {
    name: engine.name,
    describe: (hparams) => engine.describe(hparams),
    async load(net, options) {
      const loaded = await engine.load(net, options);
      const trainer: typeof loaded.trainer = async (spec) => {
        const made = await loaded.trainer(spec);
        return { ...made, step: (batch, at) => (steps++, made.step(batch, at)) };
      };
      return new Proxy(loaded, {
        get: (object, name) => {
          const value: unknown = name === 'trainer' ? trainer : Reflect.get(object, name);
          return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(object) : value;
        },
      });
    },
  };
}

const model = await Model.open(
  'edited',
  counted(
    onnx((h: { width: number }) =>
      nn.sequential({ hidden: nn.linear(4, h.width), act: nn.relu(), head: nn.linear(h.width, 2) }),
    ),
  ),
  { hparams: { width: 8 }, seed: 0, threads: 1 },
);

try {
  await model.checkpoint('first', async (cp) => {
    await cp.setup({ loss: crossEntropy(), optimizer: adam({ lr: 0.01 }) });
    await cp.train(train, test, {
      epochs: 2,
      batchSize: 64,
      metrics: [accuracy()],
      watch: 'accuracy',
      progress: 'silent',
    });
    await cp.train(train, test, { epochs: 1, batchSize: 64, metrics: [margin], progress: 'silent' });
  });
  const score = await model.checkpoint('first').evaluate(test, { metrics: [accuracy(), margin] });
  await model.checkpoint('second', (cp) => cp.train(train, { epochs: 1, batchSize: 64, progress: 'silent' }));
  const digest = await model.checkpoint('second').stateDigest();
  console.log(JSON.stringify({ steps, score, digest }));
} catch (error) {
  console.log(JSON.stringify({ steps, error: (error as { code?: string }).code ?? String(error) }));
}
await model.close();
