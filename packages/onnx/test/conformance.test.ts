import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeEngine } from '@reprise/conformance';
import { adagrad, adam, adamw, crossEntropy, rmsprop, sgd } from '@reprise/core';
import type { Batch, Tensor } from '@reprise/core';
import { nn, onnx } from '../src/index.js';

const engine = onnx(() => nn.sequential({ hidden: nn.linear(4, 8), act: nn.relu(), head: nn.linear(8, 3) }));
const dropout = onnx(() => nn.sequential({ hidden: nn.linear(4, 8), act: nn.relu(), drop: nn.dropout(0.5), head: nn.linear(8, 3) }));

/** Points whose class depends on where they are, as a function of the batch's number. */
function batch(n: number, samples: number): Batch {
  const values = Array.from({ length: samples * 4 }, (_, i) => Math.sin(1 + i * 12.9898 + n * 78.233));
  const classes = Array.from({ length: samples }, (_, i) => (values[4 * i]! > 0.3 ? 2 : values[4 * i + 1]! > 0 ? 1 : 0));
  const target: Tensor = { dtype: 'int32', shape: [samples], data: Int32Array.from(classes) };
  return new Map([
    ['input', { dtype: 'float32', shape: [samples, 4], data: Float32Array.from(values) }],
    ['target', target],
  ]);
}

const wide: Tensor = { dtype: 'float32', shape: [16, 5], data: new Float32Array(80) };
const doubles: Tensor = { dtype: 'float64', shape: [16, 4], data: new Float64Array(64) };
const flat: Tensor = { dtype: 'float32', shape: [64], data: new Float32Array(64) };
const short: Tensor = { dtype: 'int32', shape: [15], data: new Int32Array(15) };

describeEngine('onnx', {
  engine,
  dropout,
  hparams: undefined,
  loss: crossEntropy(),
  optimizers: [
    { recipe: sgd(), lr: 0.3 },
    { recipe: sgd({ momentum: 0.9, nesterov: true, weightDecay: 1e-3 }), lr: 0.1 },
    { recipe: adam(), lr: 0.03 },
    { recipe: adam({ amsgrad: true, weightDecay: 1e-3 }), lr: 0.03 },
    { recipe: adamw(), lr: 0.03 },
    { recipe: rmsprop({ momentum: 0.5, centered: true }), lr: 0.01 },
    { recipe: adagrad(), lr: 0.1 },
  ],
  batch,
  wrongBatches: [
    { what: 'no input', batch: new Map([['target', batch(0, 16).get('target')!]]) },
    { what: 'no target', batch: new Map([['input', batch(0, 16).get('input')!]]) },
    { what: 'an input of another width', batch: new Map([...batch(0, 16), ['input', wide]]) },
    { what: 'an input of another rank', batch: new Map([...batch(0, 16), ['input', flat]]) },
    { what: 'an input of another type', batch: new Map([...batch(0, 16), ['input', doubles]]) },
    { what: 'fewer targets than inputs', batch: new Map([...batch(0, 16), ['target', short]]) },
  ],
  async loadsNativeCodeToDescribe() {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      `import { nn, onnx } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
       await onnx(() => nn.sequential({ hidden: nn.linear(4, 8) })).describe();
       console.log(process.report.getReport().sharedObjects.some((path) => path.includes('onnxruntime')));`,
    ]);
    return stdout.trim() === 'true';
  },
});
