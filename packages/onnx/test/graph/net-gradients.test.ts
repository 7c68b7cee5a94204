import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../src/graph/builder.js';
import { float32, gradientError, int64, random } from './harness.js';
import type { Feeds } from './harness.js';

const next = random(21);
const normal = (...shape: number[]) => float32(shape, () => (next() + next() + next()) * 0.5);

/** The mean of −log p of the right class. */
function crossEntropy(g: GraphBuilder, logits: string): string {
  return g.neg(g.reduceMean(g.gatherElements(g.logSoftmax(logits, 1), g.unsqueeze('target', [1]), 1)));
}

const convolutional: Feeds = {
  x: normal(3, 1, 10, 10),
  target: int64([3], [0, 2, 1]),
  k1: normal(2, 1, 3, 3),
  c1: normal(2),
  k2: normal(3, 2, 2, 2),
  scale: normal(3),
  shift: normal(3),
  mean: normal(3),
  variance: float32([3], [1, 1, 1]),
  w: normal(3, 3),
  b: normal(3),
};

function convolutionalLoss(g: GraphBuilder): string {
  const first = g.maxPool(g.relu(g.conv('x', 'k1', 'c1', [3, 3])), [2, 2], { strides: [2, 2] });
  const second = g.batchNorm(g.conv(first, 'k2', '', [2, 2]), 'scale', 'shift', 'mean', 'variance', {
    epsilon: 1e-5,
    momentum: 0.1,
  });
  const features = g.flatten(g.averagePool(g.gelu(second), [3, 3]));
  return crossEntropy(g, g.gemm(features, 'w', 'b', { transB: true }));
}

const width = 4;
const attention: Feeds = {
  tokens: int64([2, 3], [1, 4, 1, 0, 4, 2]),
  target: int64([2], [1, 0]),
  table: normal(5, width),
  q: normal(width, width),
  k: normal(width, width),
  v: normal(width, width),
  scale: normal(width),
  shift: normal(width),
  head: normal(2, width),
};

function attentionLoss(g: GraphBuilder): string {
  const x = g.gather('table', 'tokens');
  const heads = (weight: string): string =>
    g.transpose(g.reshape(g.matMul(x, weight), [0, 0, 2, width / 2]), [0, 2, 1, 3]);
  const scores = g.div(g.matMul(heads('q'), g.transpose(heads('k'), [0, 1, 3, 2])), Math.sqrt(width / 2));
  const mixed = g.matMul(g.softmax(scores), heads('v'));
  const joined = g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [0, 0, width]);
  const normalized = g.layerNorm(g.add(x, joined), 'scale', 'shift', { axis: -1, epsilon: 1e-5 });
  return crossEntropy(g, g.gemm(g.reduceMean(normalized, [1]), 'head', '', { transB: true }));
}

describe('gradients of whole nets agree with finite differences, and repeat bit for bit', () => {
  const nets = [
    ['convolutions, pools, batch norm, gelu', convolutional, convolutionalLoss, ['mean', 'variance', 'x', 'target']],
    ['embedding, attention, layer norm', attention, attentionLoss, ['tokens', 'target']],
  ] as const;
  for (const [name, feeds, loss, fixed] of nets) {
    for (const threads of [1, 2]) {
      it(`${name}, ${threads} threads`, async () => {
        const wrt = Object.keys(feeds).filter((key) => !(fixed as readonly string[]).includes(key));
        const found = await gradientError(feeds, wrt, (g) => [loss(g)], { threads, step: 4e-3 });
        expect(found.error).toBeLessThan(1e-2);
        expect(found.repeats).toBe(true);
      });
    }
  }
});
