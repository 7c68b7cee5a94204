import { boolean, checkOptions, positiveInteger } from '@reprise/core';
import { standardNormal, uniformByFanIn } from './initializers.js';
import type { Layer } from './layer.js';

/**
 * y = x · weightᵀ + bias over the last dimension: [..., inputs] → [..., outputs]. `weight` is [outputs, inputs], `bias` [outputs]; both
 * begin as in PyTorch.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function linear(inputs: number, outputs: number, options: { readonly bias?: boolean } = {}): Layer {
  positiveInteger('nn.linear', 'inputs', inputs);
  positiveInteger('nn.linear', 'outputs', outputs);
  checkOptions('nn.linear', options, ['bias']);
  const { bias = true } = options;
  boolean('nn.linear', 'bias', bias);
  return {
    kind: 'linear',
    build(g, x) {
      const weight = g.parameter('weight', [outputs, inputs], uniformByFanIn(inputs));
      const product = g.matMul(x, g.transpose(weight, [1, 0]));
      return bias ? g.add(product, g.parameter('bias', [outputs], uniformByFanIn(inputs))) : product;
    },
  };
}

/**
 * A row of `weight` for each index: whole numbers [...] of any type → float32 [..., size]. `weight` is [count, size] and begins standard
 * normal, as in PyTorch. An index of the batch that is no whole number from 0 to below `count` is refused (`DATA_MISMATCH`). One that the net computes,
 * or cuts out of an input, is ONNX's: −1 is the last row.
 * @throws OptionError `INVALID_OPTION`
 */
export function embedding(count: number, size: number): Layer {
  positiveInteger('nn.embedding', 'count', count);
  positiveInteger('nn.embedding', 'size', size);
  return {
    kind: 'embedding',
    build: (g, indices) => g.gather(g.parameter('weight', [count, size], standardNormal), g.cast(indices, 'int64')),
  };
}
