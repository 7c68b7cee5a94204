import type { Batch, Recipe, Tensor, Tensors } from '@reprise/core';

/** Numbers that a sample has. */
export const inputs = 3;

const numbers = (tensors: Tensors, name: string): Float32Array => (tensors.get(name) as Tensor).data as Float32Array;

/** head · relu(hidden · (x − mean)) + bias; `mask` leaves hidden units out. */
export function outputOf(
  net: Tensors,
  batch: Batch,
  mask: Float32Array | null,
): { readonly output: Float32Array; readonly hidden: Float64Array } {
  const [weights, head] = [numbers(net, 'hidden.w'), numbers(net, 'head.w')];
  const [bias, mean] = [numbers(net, 'head.b')[0] as number, numbers(net, 'norm.mean')];
  const x = (batch.get('input') as Tensor).data;
  const samples = x.length / inputs;
  const hidden = new Float64Array(samples * head.length);
  const output = new Float32Array(samples);
  for (let i = 0; i < samples; i++) {
    let sum = bias;
    for (let j = 0; j < head.length; j++) {
      let unit = 0;
      for (let k = 0; k < inputs; k++) {
        unit += (weights[j * inputs + k] as number) * (Number(x[i * inputs + k]) - (mean[k] as number));
      }
      const seen = unit > 0 ? unit * (mask?.[j] ?? 1) : 0;
      hidden[i * head.length + j] = seen;
      sum += seen * (head[j] as number);
    }
    output[i] = sum;
  }
  return { output, hidden };
}

export function lossOf({ kind, args }: Recipe, output: Float32Array, batch: Batch): number {
  const target = (batch.get('target') as Tensor).data;
  const delta = Number(args['delta'] ?? 1);
  const each = (e: number): number => {
    if (kind === 'l1') return Math.abs(e);
    if (kind === 'huber') return Math.abs(e) <= delta ? e ** 2 / 2 : delta * (Math.abs(e) - delta / 2);
    return e ** 2;
  };
  return output.reduce((sum, value, i) => sum + each(value - Number(target[i])), 0) / output.length;
}

function slopeOf({ kind, args }: Recipe, e: number): number {
  const delta = Number(args['delta'] ?? 1);
  if (kind === 'l1') return Math.sign(e);
  return kind === 'huber' ? Math.max(-delta, Math.min(delta, e)) : 2 * e;
}

/** The gradient of the loss in each parameter, and the buffer after the batch. */
export function gradientsOf(
  net: Tensors,
  batch: Batch,
  loss: Recipe,
  mask: Float32Array,
): {
  readonly output: Float32Array;
  readonly gradients: ReadonlyMap<string, Float64Array>;
  readonly mean: Float32Array;
} {
  const { output, hidden } = outputOf(net, batch, mask);
  const [head, before] = [numbers(net, 'head.w'), numbers(net, 'norm.mean')];
  const [x, target] = [(batch.get('input') as Tensor).data, (batch.get('target') as Tensor).data];
  const samples = output.length;
  const [dWeights, dHead, dBias] = [
    new Float64Array(head.length * inputs),
    new Float64Array(head.length),
    new Float64Array(1),
  ];
  const mean = before.map((value) => 0.9 * value);
  for (let i = 0; i < samples; i++) {
    const slope = slopeOf(loss, (output[i] as number) - Number(target[i])) / samples;
    dBias[0] = (dBias[0] as number) + slope;
    for (let j = 0; j < head.length; j++) {
      const unit = hidden[i * head.length + j] as number;
      dHead[j] = (dHead[j] as number) + slope * unit;
      if (unit === 0) continue;
      for (let k = 0; k < inputs; k++) {
        const at = j * inputs + k;
        const z = Number(x[i * inputs + k]) - (before[k] as number);
        dWeights[at] = (dWeights[at] as number) + slope * (head[j] as number) * z;
      }
    }
    for (let k = 0; k < inputs; k++) mean[k] = (mean[k] as number) + (0.1 * Number(x[i * inputs + k])) / samples;
  }
  const gradients = new Map([
    ['hidden.w', dWeights],
    ['head.w', dHead],
    ['head.b', dBias],
  ]);
  return { output, gradients, mean };
}
