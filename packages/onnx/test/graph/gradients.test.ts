import { describe, expect, it } from 'vitest';
import type { GraphBuilder } from '../../src/graph/builder.js';
import type { TensorName } from '../../src/graph/graph.js';
import { float32, gradientError, int64, random } from './harness.js';
import type { Feeds } from './harness.js';

interface Case {
  readonly name: string;
  readonly feeds: Feeds;
  readonly wrt: readonly string[];
  readonly build: (g: GraphBuilder) => TensorName | readonly TensorName[];
  readonly step?: number;
  readonly tolerance?: number;
}

const next = random(1);
const signed = (...shape: number[]) => float32(shape, next);
const positive = (...shape: number[]) => float32(shape, () => 1.25 + 0.75 * next());
/** At least 0.1 from 0 and from each other, so that no step crosses a kink or exchanges a maximum. */
function spread(...shape: number[]) {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const order = Array.from({ length: size }, (_, index) => ({ index, key: next() })).toSorted((a, b) => a.key - b.key);
  return float32(
    shape,
    order.map(({ index }) => (index - size / 2 + 0.5) * 0.1),
  );
}

const unary = (name: string, feeds: Feeds, build: (g: GraphBuilder) => TensorName): Case => ({
  name,
  feeds,
  wrt: ['x'],
  build,
});
const binary = (name: string, feeds: Feeds, build: (g: GraphBuilder) => TensorName): Case => ({
  name,
  feeds,
  wrt: ['a', 'b'],
  build,
});

const elementwise: Case[] = [
  binary('add, broadcast on both sides', { a: signed(3, 1, 4), b: signed(2, 1) }, (g) => g.add('a', 'b')),
  binary('sub, broadcast', { a: signed(4), b: signed(3, 4) }, (g) => g.sub('a', 'b')),
  binary('mul, broadcast', { a: signed(2, 3), b: signed(3) }, (g) => g.mul('a', 'b')),
  binary('mul by a scalar tensor', { a: signed(2, 3), b: signed() }, (g) => g.mul('a', 'b')),
  unary('mul by itself', { x: signed(2, 3) }, (g) => g.mul('x', 'x')),
  binary('div, broadcast', { a: signed(2, 3), b: positive(2, 1) }, (g) => g.div('a', 'b')),
  binary('pow', { a: positive(2, 3), b: signed(3) }, (g) => g.pow('a', 'b')),
  unary('square', { x: signed(5) }, (g) => g.pow('x', 2)),
  unary('power 0, at 0 too', { x: float32([2], [0, 1]) }, (g) => g.pow('x', 0)),
  unary('cube', { x: signed(5) }, (g) => g.pow('x', 3)),
  binary('max', { a: spread(2, 3), b: float32([3], [0.07, -0.12, 0.01]) }, (g) => g.max('a', 'b')),
  binary('min', { a: spread(2, 3), b: float32([3], [0.07, -0.12, 0.01]) }, (g) => g.min('a', 'b')),
  binary('where, broadcast', { a: spread(2, 3), b: signed(3) }, (g) =>
    g.where(g.greater('a', 0), g.mul('a', 'b'), 'b'),
  ),
  unary('where with numbers', { x: spread(2, 3) }, (g) => g.where(g.less('x', 0), 'x', 1)),
  binary('sum of three', { a: signed(2, 3), b: signed(3) }, (g) => g.op('Sum', ['a', 'b', 'a'])),
  unary('neg', { x: signed(4) }, (g) => g.neg('x')),
  unary('abs', { x: spread(6) }, (g) => g.abs('x')),
  unary('sqrt', { x: positive(4) }, (g) => g.sqrt('x')),
  unary('exp', { x: signed(4) }, (g) => g.exp('x')),
  unary('log', { x: positive(4) }, (g) => g.log('x')),
  unary('reciprocal', { x: positive(4) }, (g) => g.reciprocal('x')),
  unary('sin', { x: signed(4) }, (g) => g.sin('x')),
  unary('cos', { x: signed(4) }, (g) => g.cos('x')),
  unary('erf', { x: signed(4) }, (g) => g.erf('x')),
  unary('identity and cast', { x: signed(4) }, (g) => g.cast(g.cast(g.identity('x'), 'float64'), 'float32')),
  unary('clip', { x: spread(8) }, (g) => g.clip('x', -0.2, 0.2)),
  unary('clip below only', { x: spread(8) }, (g) => g.clip('x', 0, undefined)),
  unary('relu', { x: spread(8) }, (g) => g.relu('x')),
  unary('leaky relu', { x: spread(8) }, (g) => g.leakyRelu('x', 0.2)),
  unary('elu', { x: spread(8) }, (g) => g.op('Elu', ['x'], { alpha: { float: 1.5 } })),
  unary('sigmoid', { x: signed(4) }, (g) => g.sigmoid('x')),
  unary('tanh', { x: signed(4) }, (g) => g.tanh('x')),
  unary('softplus', { x: signed(4) }, (g) => g.softplus('x')),
  unary('gelu', { x: signed(6) }, (g) => g.gelu('x')),
  unary('softmax, last axis', { x: signed(3, 4) }, (g) => g.softmax('x')),
  unary('softmax, an inner axis', { x: signed(2, 3, 2) }, (g) => g.softmax('x', 1)),
  unary('log softmax', { x: signed(3, 4) }, (g) => g.logSoftmax('x', 1)),
  unary('log softmax, then its mean', { x: signed(3, 4) }, (g) => g.reduceMean(g.logSoftmax('x', 1))),
];

const gemms = [false, true].flatMap((transA) =>
  [false, true].map((transB): Case => ({
    name: `gemm, transA ${transA}, transB ${transB}, alpha and beta`,
    feeds: { a: transA ? signed(3, 2) : signed(2, 3), b: transB ? signed(4, 3) : signed(3, 4), c: signed(4) },
    wrt: ['a', 'b', 'c'],
    build: (g) => g.gemm('a', 'b', 'c', { transA, transB, alpha: 0.7, beta: 1.3 }),
  })),
);

const products: Case[] = [
  ...gemms,
  {
    name: 'gemm without bias',
    feeds: { a: signed(2, 3), b: signed(4, 3) },
    wrt: ['a', 'b'],
    build: (g) => g.gemm('a', 'b', '', { transB: true }),
  },
  {
    name: 'gemm with a scalar bias',
    feeds: { a: signed(2, 3), b: signed(3, 2), c: signed() },
    wrt: ['c'],
    build: (g) => g.gemm('a', 'b', 'c'),
  },
  binary('matMul of matrices', { a: signed(2, 3), b: signed(3, 4) }, (g) => g.matMul('a', 'b')),
  binary('matMul, batched by a matrix', { a: signed(2, 2, 3), b: signed(3, 4) }, (g) => g.matMul('a', 'b')),
  binary('matMul, a matrix by a batch', { a: signed(2, 3), b: signed(4, 3, 2) }, (g) => g.matMul('a', 'b')),
  binary('matMul, batches broadcast', { a: signed(2, 1, 2, 3), b: signed(3, 3, 2) }, (g) => g.matMul('a', 'b')),
  binary('matMul of vectors', { a: signed(3), b: signed(3) }, (g) => g.matMul('a', 'b')),
  binary('matMul, matrix by vector', { a: signed(2, 3), b: signed(3) }, (g) => g.matMul('a', 'b')),
  binary('matMul, vector by batch', { a: signed(3), b: signed(2, 3, 2) }, (g) => g.matMul('a', 'b')),
];

const reductions: Case[] = [
  unary('reduceSum over all', { x: signed(2, 3) }, (g) => g.reduceSum('x')),
  unary('reduceSum over axes, kept', { x: signed(2, 3, 2) }, (g) => g.reduceSum('x', [0, -1], true)),
  unary('reduceSum over an axis, then squared', { x: signed(2, 3, 2) }, (g) => g.pow(g.reduceSum('x', [1]), 2)),
  unary('reduceMean', { x: signed(2, 3, 2) }, (g) => g.pow(g.reduceMean('x', [1]), 2)),
  unary('reduceMean over all', { x: signed(2, 3) }, (g) => g.reduceMean('x')),
  unary('reduceMax', { x: spread(2, 3, 2) }, (g) => g.reduceMax('x', [1])),
  unary('reduceMin over all', { x: spread(2, 3) }, (g) => g.reduceMin('x')),
  unary('reduceLogSumExp', { x: signed(2, 3) }, (g) => g.reduceLogSumExp('x', [1], true)),
  unary('reduceSumSquare', { x: signed(2, 3) }, (g) => g.op('ReduceSumSquare', ['x'], { axes: [1] })),
  unary('reduceL2', { x: positive(2, 3) }, (g) => g.op('ReduceL2', ['x'], { axes: [1], keepdims: 0 })),
  unary('reduceL1', { x: spread(2, 3) }, (g) => g.op('ReduceL1', ['x'], { axes: [0] })),
];

const indices = int64([2, 3], [1, 0, 1, 3, 1, -1]);
const rows = int64(
  [40],
  Array.from({ length: 40 }, (_, index) => (index * 7) % 3),
);

const arrangements: Case[] = [
  unary('reshape with 0 and −1', { x: signed(2, 3, 4) }, (g) => g.mul(g.reshape('x', [0, -1]), signedConstant(g, 12))),
  unary('flatten', { x: signed(2, 3, 2) }, (g) => g.flatten('x', 2)),
  unary('transpose', { x: signed(2, 3, 4) }, (g) => g.mul(g.transpose('x', [2, 0, 1]), signedConstant(g, 3))),
  unary('squeeze and unsqueeze', { x: signed(2, 1, 3) }, (g) => g.unsqueeze(g.squeeze('x', [1]), [0, 3])),
  unary('expand both ways', { x: signed(4, 1) }, (g) => g.expand('x', [1, 4])),
  unary('expand', { x: signed(3, 1) }, (g) => g.expand('x', [2, 1, 4])),
  binary('concat', { a: signed(2, 3), b: signed(2, 1) }, (g) => g.concat(['a', 'b', 'a'], 1)),
  unary('split, one part unused', { x: signed(2, 5) }, (g) => g.split('x', [2, 2, 1], 1)[1] as TensorName),
  { name: 'split, all parts', feeds: { x: signed(2, 5) }, wrt: ['x'], build: (g) => g.split('x', [3, 2], -1) },
  unary('slice', { x: signed(4, 5) }, (g) => g.slice('x', [1, -3], [3, 5], [0, 1])),
  unary('slice with steps', { x: signed(7, 5) }, (g) => g.slice('x', [1, 0], [7, 5], [0, 1], [3, 2])),
  unary('slice backwards', { x: signed(7, 4) }, (g) => g.slice('x', [-2, -1], [0, -100], [0, 1], [-2, -1])),
  unary('pad', { x: signed(2, 3) }, (g) => g.pad('x', [1, 0, 2, 1], 0.5)),
  unary('pad, cropping', { x: signed(3, 3) }, (g) => g.pad('x', [1, -1, 0, 0])),
  unary('gather of few rows, some twice', { x: signed(4, 3), i: indices }, (g) => g.gather('x', 'i')),
  unary('gather of many rows, some twice', { x: signed(120, 2), i: indices }, (g) => g.gather('x', 'i')),
  unary('gather along an inner axis', { x: signed(2, 4, 2), i: indices }, (g) => g.gather('x', 'i', 1)),
  unary('gather of a few rows many times', { x: signed(110, 1), i: rows }, (g) => g.gather('x', 'i')),
  unary('gather of a single index', { x: signed(4, 2) }, (g) => g.gather('x', g.scalar(2, 'int64'))),
  unary('gatherElements, some twice', { x: signed(2, 4), i: indices }, (g) => g.gatherElements('x', 'i', 1)),
];

function signedConstant(g: GraphBuilder, size: number): TensorName {
  const values = random(5);
  return g.constant(float32([size], values));
}

const pooling: Case[] = [
  unary('max pool, tiling', { x: spread(2, 2, 4, 4) }, (g) => g.maxPool('x', [2, 2], { strides: [2, 2] })),
  unary('max pool, tiling, a rest', { x: spread(1, 2, 5, 7) }, (g) => g.maxPool('x', [2, 3], { strides: [2, 3] })),
  unary('max pool, overlapping', { x: spread(1, 2, 5, 5) }, (g) => g.maxPool('x', [3, 3], { strides: [2, 2] })),
  unary('max pool, padded', { x: spread(1, 1, 5, 5) }, (g) =>
    g.maxPool('x', [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  ),
  unary('max pool, ceil', { x: spread(1, 1, 5, 5) }, (g) => g.maxPool('x', [2, 2], { strides: [2, 2], ceil: true })),
  unary('max pool, dilated', { x: spread(1, 1, 6, 6) }, (g) => g.maxPool('x', [2, 2], { dilations: [2, 3] })),
  unary('max pool, one dimension', { x: spread(2, 2, 7) }, (g) => g.maxPool('x', [2], { strides: [2] })),
  unary('average pool, tiling', { x: signed(2, 2, 4, 5) }, (g) => g.averagePool('x', [2, 2], { strides: [2, 2] })),
  unary('average pool, overlapping', { x: signed(2, 2, 5, 5) }, (g) => g.averagePool('x', [3, 3], { strides: [1, 2] })),
  unary('average pool, a rest', { x: signed(1, 2, 6, 6) }, (g) => g.averagePool('x', [3, 2], { strides: [2, 3] })),
  unary('average pool, padded', { x: signed(1, 2, 4, 5) }, (g) =>
    g.averagePool('x', [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  ),
  unary('average pool, padding counted', { x: signed(1, 2, 4, 4) }, (g) =>
    g.averagePool('x', [3, 3], { pads: [1, 0, 1, 1], countPadding: true }),
  ),
  unary('average pool, one dimension', { x: signed(2, 2, 6) }, (g) => g.averagePool('x', [3], { strides: [2] })),
  unary('global average pool', { x: signed(2, 2, 3, 3) }, (g) => g.globalAveragePool('x')),
];

const normalizing: Case[] = [
  {
    name: 'layer norm',
    feeds: { x: signed(3, 2, 4), scale: positive(4), bias: signed(4) },
    wrt: ['x', 'scale', 'bias'],
    build: (g) => g.layerNorm('x', 'scale', 'bias', { axis: -1, epsilon: 1e-5 }),
  },
  {
    name: 'layer norm over two dimensions, no bias',
    feeds: { x: signed(3, 2, 4), scale: positive(2, 4) },
    wrt: ['x', 'scale'],
    build: (g) => g.layerNorm('x', 'scale', '', { axis: 1, epsilon: 1e-5 }),
  },
  {
    name: 'batch norm of planes',
    feeds: { x: signed(3, 2, 2, 2), scale: positive(2), bias: signed(2), mean: signed(2), variance: positive(2) },
    wrt: ['x', 'scale', 'bias'],
    build: (g) => g.batchNorm('x', 'scale', 'bias', 'mean', 'variance', { epsilon: 1e-5, momentum: 0.1 }),
  },
  {
    name: 'batch norm of features',
    feeds: { x: signed(5, 3), scale: positive(3), bias: signed(3), mean: signed(3), variance: positive(3) },
    wrt: ['x', 'scale', 'bias'],
    build: (g) => g.batchNorm('x', 'scale', 'bias', 'mean', 'variance', { epsilon: 1e-5, momentum: 0.1 }),
  },
];

const families = { elementwise, products, reductions, arrangements, pooling, normalizing };

for (const [family, cases] of Object.entries(families)) {
  describe(`gradients of ${family} agree with finite differences, and repeat bit for bit`, () => {
    for (const { name, feeds, wrt, build, step, tolerance = 3e-3 } of cases) {
      for (const threads of [1, 2]) {
        it(`${name}, ${threads} threads`, async () => {
          const outputs = (g: GraphBuilder): readonly TensorName[] => [build(g)].flat();
          const found = await gradientError(feeds, wrt, outputs, { threads, ...(step === undefined ? {} : { step }) });
          expect(found.error).toBeLessThan(tolerance);
          expect(found.repeats).toBe(true);
        });
      }
    }
  });
}
