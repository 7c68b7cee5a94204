import type { GraphWriter } from './graph-writer.js';

/** A net whose forward and backward pass were written by hand. */
export interface HandWritten {
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** Of a batch. */
  readonly input: readonly number[];
  /** Writes both passes, the output `loss`, and returns the gradients by parameter. */
  write(g: GraphWriter): Readonly<Record<string, string>>;
}

export function mlp(batch: number): HandWritten {
  return {
    parameters: { W1: [784, 128], b1: [128], W2: [128, 10], b2: [10] },
    input: [batch, 784],
    write(g) {
      const z = g.op('Add', [g.op('MatMul', ['x', 'W1']), 'b1']);
      const { dFeatures, dW, db } = head(g, g.op('Relu', [z]), ['W2', 'b2'], batch);
      const dz = reluBackward(g, z, dFeatures);
      return { W1: g.op('Gemm', ['x', dz], { transA: 1 }), b1: sum(g, dz, [0]), W2: dW, b2: db };
    },
  };
}

export function cnn(batch: number): HandWritten {
  return {
    parameters: { K1: [8, 1, 3, 3], c1: [8], K2: [16, 8, 3, 3], c2: [16], W: [400, 10], b: [10] },
    input: [batch, 1, 28, 28],
    write(g) {
      const filter = { kernel_shape: [3, 3] };
      const z1 = g.op('Conv', ['x', 'K1', 'c1'], filter);
      const r1 = g.op('Relu', [z1]);
      const p1 = pool(g, r1);
      const z2 = g.op('Conv', [p1, 'K2', 'c2'], filter);
      const r2 = g.op('Relu', [z2]);
      const p2 = pool(g, r2);
      const { dFeatures, dW, db } = head(g, g.op('Reshape', [p2, g.i64(batch, 400)]), ['W', 'b'], batch);
      const dp2 = g.op('Reshape', [dFeatures, g.i64(batch, 16, 5, 5)]);
      const dz2 = reluBackward(g, z2, unpool(g, dp2, r2, p2, 11));
      const dz1 = reluBackward(g, z1, unpool(g, g.op('ConvTranspose', [dz2, 'K2'], filter), r1, p1, 26));
      return {
        K2: filterGradient(g, p1, dz2, { batch, from: 8, to: 16, size: 11 }),
        c2: sum(g, dz2, [0, 2, 3]),
        K1: filterGradientOfOneChannel(g, 'x', dz1, { to: 8, size: 26 }),
        c1: sum(g, dz1, [0, 2, 3]),
        W: dW,
        b: db,
      };
    },
  };
}

/** Linear and softmax cross-entropy, with the gradients of features, weight and bias. */
function head(g: GraphWriter, features: string, [W, b]: readonly [string, string], batch: number) {
  const logits = g.op('Add', [g.op('MatMul', [features, W]), b]);
  const logp = g.op('LogSoftmax', [logits], { axis: 1 });
  const picked = g.op('ReduceSum', [g.op('Mul', ['y', logp]), g.i64(1)], { keepdims: 0 });
  g.output(g.op('Neg', [g.op('ReduceMean', [picked], { keepdims: 0 })]), 'loss', []);
  const dLogits = g.op('Mul', [g.op('Sub', [g.op('Exp', [logp]), 'y']), g.f32(1 / batch)]);
  return {
    dFeatures: g.op('Gemm', [dLogits, W], { transB: 1 }),
    dW: g.op('Gemm', [features, dLogits], { transA: 1 }),
    db: sum(g, dLogits, [0]),
  };
}

function sum(g: GraphWriter, tensor: string, axes: readonly number[]): string {
  return g.op('ReduceSum', [tensor, g.i64(...axes)], { keepdims: 0 });
}

function reluBackward(g: GraphWriter, z: string, d: string): string {
  const zero = g.f32(0);
  return g.op('Where', [g.op('Greater', [z, zero]), d, zero]);
}

function pool(g: GraphWriter, tensor: string): string {
  return g.op('MaxPool', [tensor], { kernel_shape: [2, 2], strides: [2, 2] });
}

/** The gradient goes to the first maximum of each window, as in PyTorch: on MNIST's flat background they tie often. */
function unpool(g: GraphWriter, d: string, x: string, pooled: string, size: number): string {
  const zero = g.f32(0);
  const nearest = { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'asymmetric' };
  const double = (tensor: string): string => g.op('Resize', [tensor, '', g.f32([1, 1, 2, 2], [4])], nearest);
  const even = size & ~1;
  const inside = even === size ? x : g.op('Slice', [x, g.i64(0, 0), g.i64(even, even), g.i64(2, 3)]);
  const rank = (_: unknown, k: number): number => 4 - 2 * (Math.floor(k / even) % 2) - ((k % even) % 2);
  const order = g.f32(Array.from({ length: even * even }, rank), [1, 1, even, even]);
  const candidates = g.op('Where', [g.op('Equal', [inside, double(pooled)]), order, zero]);
  const dx = g.op('Where', [g.op('Equal', [candidates, double(pool(g, candidates))]), double(d), zero]);
  return even === size ? dx : g.op('Pad', [dx, g.i64(0, 0, 0, 0, 0, 0, 1, 1)]);
}

/** The nine shifted slices of x (an im2col) times dy: a MatMul a sample, summed over the batch. */
function filterGradient(
  g: GraphWriter,
  x: string,
  dy: string,
  { batch, from, to, size }: { batch: number; from: number; to: number; size: number },
): string {
  const slices = shifted(g, x, size, () => g.i64(batch, from, size * size));
  const columns = g.op('Transpose', [g.op('Concat', slices, { axis: 1 })], { perm: [0, 2, 1] });
  const rows = g.op('Reshape', [dy, g.i64(batch, to, size * size)]);
  const total = sum(g, g.op('MatMul', [rows, columns]), [0]);
  return g.op('Transpose', [g.op('Reshape', [total, g.i64(to, 3, 3, from)])], { perm: [0, 3, 1, 2] });
}

/** The same for one channel: a single Gemm over all samples. */
function filterGradientOfOneChannel(
  g: GraphWriter,
  x: string,
  dy: string,
  { to, size }: { to: number; size: number },
): string {
  const columns = g.op(
    'Concat',
    shifted(g, x, size, () => g.i64(1, -1)),
    { axis: 0 },
  );
  const rows = g.op('Reshape', [g.op('Transpose', [dy], { perm: [1, 0, 2, 3] }), g.i64(to, -1)]);
  return g.op('Reshape', [g.op('Gemm', [rows, columns], { transB: 1 }), g.i64(to, 1, 3, 3)]);
}

function shifted(g: GraphWriter, x: string, size: number, shape: () => string): string[] {
  return Array.from({ length: 9 }, (_, k) => {
    const [i, j] = [Math.floor(k / 3), k % 3];
    const slice = g.op('Slice', [x, g.i64(i, j), g.i64(i + size, j + size), g.i64(2, 3)]);
    return g.op('Reshape', [slice, shape()]);
  });
}
