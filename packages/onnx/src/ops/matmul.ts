import type { TensorName } from '../graph/graph.js';
import { broadcastOrFail } from './broadcast.js';
import type { GradientSite, Rules } from './rule.js';
import { sizeOf } from '@reprise/core';
import type { Site, TensorType } from './site.js';

/** Batched product: the last two dimensions are matrices, those before broadcast; a vector counts as a row or a column. */
function inferMatMul(site: Site): readonly TensorType[] {
  const [a, b] = [site.input(0), site.input(1)];
  if (a.dtype !== b.dtype) site.fail('expected two tensors of one element type; cast one of them');
  if (a.shape.length === 0 || b.shape.length === 0) site.fail('expected tensors of at least one dimension');
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [inner, outer] = [left.at(-1) as number, right.at(-2) as number];
  if (inner !== outer)
    site.fail(`expected the last dimension of the first, ${inner}, to equal the last but one of the second, ${outer}`);
  const batch = broadcastOrFail(site, [left.slice(0, -2), right.slice(0, -2)]);
  const rows = a.shape.length === 1 ? [] : [left.at(-2) as number];
  const columns = b.shape.length === 1 ? [] : [right.at(-1) as number];
  return [{ dtype: a.dtype, shape: [...batch, ...rows, ...columns] }];
}

function gradMatMul(at: GradientSite): readonly (TensorName | undefined)[] {
  const { g, site } = at;
  const [a, b] = [site.shape(0), site.shape(1)];
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const [m, k, n] = [left.at(-2) as number, left.at(-1) as number, right.at(-1) as number];
  const dy = at.dy[0] as TensorName;
  if (right.length === 2) {
    // The rows of all samples are one matrix: two Gemms, and no transposed copy.
    const rows = sizeOf(left.slice(0, -1));
    const flat = g.reshape(dy, [rows, n]);
    const [x, w] = [g.reshape(at.x(0), [rows, k]), g.reshape(at.x(1), [k, n])];
    return [
      at.wanted(0) ? g.reshape(g.gemm(flat, w, '', { transB: true }), a) : undefined,
      at.wanted(1) ? g.reshape(g.gemm(x, flat, '', { transA: true }), b) : undefined,
    ];
  }
  const batch = g.common(left.slice(0, -2), right.slice(0, -2));
  const full = g.reshape(dy, [...batch, m, n]);
  const [x, w] = [g.reshape(at.x(0), left), g.reshape(at.x(1), right)];
  const da = at.wanted(0) ? g.sumTo(g.matMul(full, swapLast(at, w)), [...batch, m, k], left) : undefined;
  const db = at.wanted(1) ? g.sumTo(g.matMul(swapLast(at, x), full), [...batch, k, n], right) : undefined;
  return [da && g.reshape(da, a), db && g.reshape(db, b)];
}

function swapLast({ g }: GradientSite, x: TensorName): TensorName {
  const axes = g.shape(x).map((_, index) => index);
  const last = axes.length - 1;
  return g.transpose(x, [...axes.slice(0, -2), last, last - 1]);
}

function inferGemm(site: Site): readonly TensorType[] {
  const [a, b] = [site.input(0), site.input(1)];
  if (a.shape.length !== 2 || b.shape.length !== 2)
    site.fail('expected two matrices; flatten what has more dimensions');
  if (a.dtype !== b.dtype) site.fail('expected matrices of one element type; cast one of them');
  const [m, k] = site.int('transA', 0) ? a.shape.toReversed() : a.shape;
  const [k2, n] = site.int('transB', 0) ? b.shape.toReversed() : b.shape;
  if (k !== k2) site.fail(`expected ${k2} features in the last dimension, but got ${k}`);
  const shape = [m as number, n as number];
  if (site.has(2)) {
    const full = broadcastOrFail(site, [shape, site.shape(2)]);
    if (full.length !== 2 || full[0] !== m || full[1] !== n)
      site.fail(`expected a third input that broadcasts to [${shape.join(', ')}]`);
  }
  return [{ dtype: a.dtype, shape }];
}

/** Each product of the backward pass is one Gemm with its transposes as attributes, whatever those of the forward one are. */
function gradGemm(at: GradientSite): readonly (TensorName | undefined)[] {
  const { g, site } = at;
  const dy = at.dy[0] as TensorName;
  const [transA, transB] = [site.int('transA', 0) !== 0, site.int('transB', 0) !== 0];
  const [alpha, beta] = [site.float('alpha', 1), site.float('beta', 1)];
  const scale = alpha === 1 ? {} : { alpha };
  const [a, b] = [at.x(0), at.x(1)];
  const da = (): TensorName =>
    transA
      ? g.gemm(b, dy, '', { transA: transB, transB: true, ...scale })
      : g.gemm(dy, b, '', { transB: !transB, ...scale });
  const db = (): TensorName =>
    transB
      ? g.gemm(dy, a, '', { transA: true, transB: transA, ...scale })
      : g.gemm(a, dy, '', { transA: !transA, ...scale });
  return [
    at.wanted(0) ? da() : undefined,
    at.wanted(1) ? db() : undefined,
    at.wanted(2) ? g.times(g.sumTo(dy, g.shape(at.y(0)), site.shape(2)), beta) : undefined,
  ];
}

export const matrices: Rules = {
  MatMul: { infer: inferMatMul, gradient: gradMatMul },
  Gemm: { infer: inferGemm, gradient: gradGemm },
};
