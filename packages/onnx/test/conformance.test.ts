import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeEngine } from '@reprise/conformance';
import { adam, crossEntropy, groups, rmsprop, sgd } from '@reprise/core';
import type { Batch } from '@reprise/core';
import { nn, onnx } from '@reprise/onnx';
import { batchOf, float32, numbers, tensor } from './support.js';

interface Hparams {
  readonly width: number;
}

function data(n: number, samples: number, width = 4): Batch {
  const input = float32([samples, width], numbers(samples * width, n + 1));
  // A rule that can be learned: which of the first three numbers is greatest.
  const target = Int32Array.from({ length: samples }, (_, i) => {
    const row = Array.from(input.data.slice(i * width, i * width + 3) as Float32Array);
    return row.indexOf(Math.max(...row));
  });
  return batchOf({ input, target: tensor('int32', [samples], target) });
}

/** In a process of its own, on the built package: is a library of onnxruntime mapped after describing a net? */
async function loadsNativeCodeToDescribe(): Promise<boolean> {
  const script = `
    import { nn, onnx } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    const net = await onnx((h) => nn.linear(4, h.width)).describe({ width: 3 });
    if (net.parameters.length !== 2) throw new Error('not described');
    console.log(process.report.getReport().sharedObjects.some((path) => path.includes('onnxruntime')));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return stdout.trim() !== 'false';
}

describeEngine<Hparams>('onnx', {
  engine: onnx((h) => nn.sequential({ hidden: nn.linear(4, h.width), act: nn.relu(), head: nn.linear(h.width, 3) })),
  dropout: onnx((h) =>
    nn.sequential({ hidden: nn.linear(4, h.width), drop: nn.dropout(0.5), head: nn.linear(h.width, 3) }),
  ),
  hparams: { width: 8 },
  loss: crossEntropy(),
  optimizers: [
    { recipe: adam(), lr: 0.02 },
    { recipe: sgd(), lr: 0.3 },
    { recipe: sgd({ momentum: 0.9, nesterov: true }), lr: 0.05 },
    { recipe: rmsprop({ momentum: 0.5, centered: true }), lr: 0.01 },
    { recipe: groups({ 'hidden.*': adam(), '*': sgd({ momentum: 0.9 }) }), lr: 0.02 },
  ],
  batch: (n, samples) => data(n, samples),
  wrongBatches: [
    {
      what: 'no input',
      batch: batchOf({ other: float32([16, 4]), target: tensor('int32', [16], new Int32Array(16)) }),
    },
    { what: 'another width', batch: data(0, 16, 5) },
    {
      what: 'another type',
      batch: batchOf({
        input: tensor('float64', [16, 4], new Float64Array(64)),
        target: tensor('int32', [16], new Int32Array(16)),
      }),
    },
    {
      what: 'targets of another length',
      batch: batchOf({ input: float32([16, 4]), target: tensor('int32', [15], new Int32Array(15)) }),
    },
    {
      what: 'a class that is not there',
      batch: batchOf({ input: float32([16, 4]), target: tensor('int32', [16], new Int32Array(16).fill(3)) }),
    },
  ],
  loadsNativeCodeToDescribe,
});
