import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Layer, nn, onnx, onnxModel } from '@reprise/onnx';
import type { DType, Engine, Tensor, Tensors, TensorData } from '@reprise/core';
import { readSafetensors, writeSafetensors } from '@reprise/formats';
import { arrays, type Dataset, Model, mse, sgd } from 'reprise';
import { describe, expect, it } from 'vitest';
import { ask, temporaryFolder, unavailable } from './python.js';

const script = 'onnx_peer.py';

interface Checked {
  readonly opset: readonly number[];
  /** Name, type and dimensions of each. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly parameters: readonly string[];
}
type Value = readonly [string, string, readonly (number | string)[]];

/** How many samples each net is run on. */
const samples = 6;

const wave = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7) * 1.5);

interface Example {
  readonly engine: Engine<unknown>;
  readonly input: { readonly data: TensorData; readonly shape: readonly number[] };
  /** The type of the input in the file, where it isn't float32. */
  readonly dtype?: DType;
  /** Outputs for each sample. */
  readonly outputs: number;
  /** Whether the first layer tells the whole shape of the input. */
  readonly told?: true;
}

const layers = (make: () => Layer): Engine<unknown> => onnx(make);
const examples: Readonly<Record<string, Example>> = {
  'a perceptron with each activation': {
    engine: layers(() =>
      nn.sequential({
        one: nn.linear(12, 16),
        relu: nn.relu(),
        two: nn.linear(16, 16),
        gelu: nn.gelu(),
        drop: nn.dropout(0.3),
        three: nn.linear(16, 16),
        leaky: nn.leakyRelu({ slope: 0.1 }),
        four: nn.linear(16, 16),
        tanh: nn.tanh(),
        five: nn.linear(16, 8),
        sigmoid: nn.sigmoid(),
        head: nn.linear(8, 3),
        softmax: nn.softmax(),
      }),
    ),
    input: { data: wave(samples * 12), shape: [12] },
    outputs: 3,
    told: true,
  },
  'a convolutional net': {
    engine: layers(() =>
      nn.sequential({
        conv: nn.conv2d(2, 6, 3, { stride: 1, padding: 1 }),
        norm: nn.batchNorm(6),
        act: nn.relu(),
        pool: nn.maxPool2d(2),
        wide: nn.conv2d(6, 8, [1, 3]),
        average: nn.avgPool2d(2),
        flat: nn.flatten(),
        head: nn.linear(16, 4),
      }),
    ),
    input: { data: wave(samples * 2 * 8 * 8), shape: [2, 8, 8] },
    outputs: 4,
  },
  'a residual net': {
    engine: layers(() =>
      nn.sequential({
        block: nn.residual(
          nn.sequential({ norm: nn.layerNorm(10), up: nn.linear(10, 20), act: nn.gelu(), down: nn.linear(20, 10) }),
        ),
        head: nn.linear(10, 2),
      }),
    ),
    input: { data: wave(samples * 10), shape: [10] },
    outputs: 2,
  },
  'an embedding': {
    engine: layers(() => nn.sequential({ embedding: nn.embedding(11, 4), flat: nn.flatten(), head: nn.linear(12, 2) })),
    input: { data: Int32Array.from({ length: samples * 3 }, (_, i) => (7 * i) % 11), shape: [3] },
    dtype: 'int32',
    outputs: 2,
  },
  'raw pixels': {
    engine: layers(() =>
      nn.sequential({
        scale: nn.normalize({ mean: [120, 60, 30], std: [60, 30, 15], axis: -3 }),
        conv: nn.conv2d(3, 4, 3),
        pool: nn.globalAvgPool(),
        flat: nn.flatten(),
        head: nn.linear(4, 2),
      }),
    ),
    input: { data: Uint8Array.from({ length: samples * 3 * 25 }, (_, i) => (i * 37) % 256), shape: [3, 5, 5] },
    dtype: 'uint8',
    outputs: 2,
  },
};

const reason = unavailable();

describe.skipIf(reason !== undefined)(`onnx of Python${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  it.each(Object.entries(examples))('checks, infers and computes what was exported: %s', async (_, example) => {
    const { engine, input, dtype = 'float32', outputs, told } = example;
    const types = dtype === 'float32' ? {} : { dtypes: { input: dtype } };
    const folder = await temporaryFolder();
    const model = await Model.open('exported', engine, { store: join(folder, 'store'), seed: 3, threads: 1 });
    try {
      const target = { data: wave(samples * outputs), shape: [outputs] };
      const data = arrays({ input, target });
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.05 }) });
        // So that biases and running statistics are no longer what they began as.
        await cp.train(data, { epochs: 2, batchSize: 3, progress: 'silent' });
      });
      await model.exportOnnx(join(folder, 'ours.onnx'), { shapes: { input: input.shape }, ...types });
      expect(await ask(script, folder, 'check', 'ours.onnx')).toMatchObject({
        opset: [17],
        inputs: [['input', dtype.replace('float32', 'float').toUpperCase(), ['batch', ...input.shape]]],
        outputs: [['output', 'FLOAT', ['batch', outputs]]],
      });
      if (told) {
        await model.exportOnnx(join(folder, 'told.onnx'));
        expect(await readFile(join(folder, 'told.onnx'))).toEqual(await readFile(join(folder, 'ours.onnx')));
      }
      const [{ output: theirs }, { output: ours }] = await Promise.all([
        reference(folder, 'ours.onnx', new Map([['input', withSamples(input)]])),
        model.predict(data, { progress: 'silent' }),
      ]);
      expectClose(ours, theirs);
    } finally {
      await model.close();
    }
  });

  it.each(['13', '17', '20'])('writes models of operator set %s that we read and compute', async (opset) => {
    const folder = await temporaryFolder();
    await ask(script, folder, 'write', 'theirs.onnx', opset);
    const engine = onnxModel(await readFile(join(folder, 'theirs.onnx')));
    const { parameters, inputs, outputs } = await engine.describe(undefined);
    const checked = await ask<Checked>(script, folder, 'check', 'theirs.onnx');
    expect(parameters.map(({ name }) => name).toSorted()).toEqual(
      checked.parameters.filter((name) => name !== 'shape'),
    );
    expect([inputs, outputs]).toEqual([['image'], ['logits', 'probabilities']]);
    const image = { data: wave(samples * 2 * 8 * 8), shape: [2, 8, 8] };
    const model = await Model.open('imported', engine, { store: join(folder, 'store'), threads: 1 });
    try {
      const data: Dataset = arrays({ image });
      const ours = await model.predict(data, { progress: 'silent' });
      const theirs = await reference(folder, 'theirs.onnx', new Map([['image', withSamples(image)]]));
      expect(theirs['probabilities']?.shape).toEqual([samples, 5]);
      for (const name of outputs) expectClose(ours[name], theirs[name]);
    } finally {
      await model.close();
    }
  });
});

function withSamples({ data, shape }: Example['input']): Tensor {
  const dtype = data instanceof Uint8Array ? 'uint8' : data instanceof Int32Array ? 'int32' : 'float32';
  return { dtype, shape: [samples, ...shape], data };
}

/** What the reference evaluator computes, in numpy. */
async function reference(folder: string, file: string, inputs: Tensors): Promise<Readonly<Record<string, Tensor>>> {
  await writeFile(join(folder, 'inputs'), writeSafetensors(inputs));
  await ask(script, folder, 'run', file, 'inputs', 'outputs');
  return Object.fromEntries(readSafetensors(await readFile(join(folder, 'outputs'))).tensors);
}

/** Both add float32 numbers, in other orders. */
function expectClose(ours: Tensor | undefined, theirs: Tensor | undefined): void {
  expect(ours?.dtype).toBe('float32');
  expect(ours?.shape).toEqual(theirs?.shape);
  const [mine, other] = [Array.from(ours?.data as Float32Array), Array.from(theirs?.data as Float32Array)];
  const scale = Math.max(...other.map(Math.abs));
  expect(scale).toBeGreaterThan(0.01);
  for (const [index, value] of mine.entries())
    expect(Math.abs(value - (other[index] as number)) / scale).toBeLessThan(1e-5);
}
