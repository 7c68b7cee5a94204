import type { DType } from '@reprise/core';
import { onnxTypeOf } from './element-types.js';
import type { Attribute, TensorName } from './graph.js';
import { NodeBuilder } from './node-builder.js';

/** A tensor, or a number that becomes a constant. */
export type Operand = TensorName | number;

/** The options of a window that moves over the last dimensions. Numbers one a spatial dimension; `pads` all the begins, then all the ends. */
export interface Window {
  readonly strides?: readonly number[];
  readonly pads?: readonly number[];
  readonly dilations?: readonly number[];
}

/**
 * Writes a graph in a line an operator: layers, losses and users' own graphs are written with it. Operators are ONNX's (set 17),
 * with their shapes, broadcasting and names of arguments. Negative axes count from the end. Everything here has a gradient,
 * comparisons, `sign`, `floor`, `oneHot` and `argMax` aside, which stop it.
 */
export class GraphBuilder extends NodeBuilder {
  add(a: Operand, b: Operand): TensorName {
    return this.#binary('Add', a, b);
  }
  sub(a: Operand, b: Operand): TensorName {
    return this.#binary('Sub', a, b);
  }
  mul(a: Operand, b: Operand): TensorName {
    return this.#binary('Mul', a, b);
  }
  div(a: Operand, b: Operand): TensorName {
    return this.#binary('Div', a, b);
  }
  /** The gradient reaches the exponent only where it is a tensor with a gradient path of its own. */
  pow(a: Operand, b: Operand): TensorName {
    return this.#binary('Pow', a, b);
  }
  max(a: Operand, b: Operand): TensorName {
    return this.#binary('Max', a, b);
  }
  min(a: Operand, b: Operand): TensorName {
    return this.#binary('Min', a, b);
  }
  equal(a: Operand, b: Operand): TensorName {
    return this.#binary('Equal', a, b);
  }
  greater(a: Operand, b: Operand): TensorName {
    return this.#binary('Greater', a, b);
  }
  greaterOrEqual(a: Operand, b: Operand): TensorName {
    return this.#binary('GreaterOrEqual', a, b);
  }
  less(a: Operand, b: Operand): TensorName {
    return this.#binary('Less', a, b);
  }
  lessOrEqual(a: Operand, b: Operand): TensorName {
    return this.#binary('LessOrEqual', a, b);
  }
  and(a: TensorName, b: TensorName): TensorName {
    return this.op('And', [a, b]);
  }
  or(a: TensorName, b: TensorName): TensorName {
    return this.op('Or', [a, b]);
  }
  not(x: TensorName): TensorName {
    return this.op('Not', [x]);
  }
  /** `a` where the condition holds, else `b`. */
  where(condition: TensorName, a: Operand, b: Operand): TensorName {
    return this.op('Where', [condition, ...this.#pair(a, b)]);
  }

  neg(x: TensorName): TensorName {
    return this.op('Neg', [x]);
  }
  abs(x: TensorName): TensorName {
    return this.op('Abs', [x]);
  }
  sign(x: TensorName): TensorName {
    return this.op('Sign', [x]);
  }
  floor(x: TensorName): TensorName {
    return this.op('Floor', [x]);
  }
  exp(x: TensorName): TensorName {
    return this.op('Exp', [x]);
  }
  log(x: TensorName): TensorName {
    return this.op('Log', [x]);
  }
  sqrt(x: TensorName): TensorName {
    return this.op('Sqrt', [x]);
  }
  reciprocal(x: TensorName): TensorName {
    return this.op('Reciprocal', [x]);
  }
  sin(x: TensorName): TensorName {
    return this.op('Sin', [x]);
  }
  cos(x: TensorName): TensorName {
    return this.op('Cos', [x]);
  }
  erf(x: TensorName): TensorName {
    return this.op('Erf', [x]);
  }
  clip(x: TensorName, low: number | undefined, high: number | undefined): TensorName {
    const bounds = [low, high].map((bound) => (bound === undefined ? '' : this.scalar(bound, this.numberType(x))));
    return this.op('Clip', [x, ...bounds]);
  }

  relu(x: TensorName): TensorName {
    return this.op('Relu', [x]);
  }
  leakyRelu(x: TensorName, slope: number): TensorName {
    return this.op('LeakyRelu', [x], { alpha: { float: slope } });
  }
  sigmoid(x: TensorName): TensorName {
    return this.op('Sigmoid', [x]);
  }
  tanh(x: TensorName): TensorName {
    return this.op('Tanh', [x]);
  }
  softplus(x: TensorName): TensorName {
    return this.op('Softplus', [x]);
  }
  /** The exact form, x·Φ(x); PyTorch's default. */
  gelu(x: TensorName): TensorName {
    const phi = this.mul(this.add(this.erf(this.mul(x, Math.SQRT1_2)), 1), 0.5);
    return this.mul(x, phi);
  }
  softmax(x: TensorName, axis = -1): TensorName {
    return this.op('Softmax', [x], { axis });
  }
  logSoftmax(x: TensorName, axis = -1): TensorName {
    return this.op('LogSoftmax', [x], { axis });
  }

  matMul(a: TensorName, b: TensorName): TensorName {
    return this.op('MatMul', [a, b]);
  }
  /** alpha · a·b + beta · c of matrices, `a` and `b` transposed first where told. */
  gemm(
    a: TensorName,
    b: TensorName,
    c: TensorName = '',
    options: { transA?: boolean; transB?: boolean; alpha?: number; beta?: number } = {},
  ): TensorName {
    return this.op('Gemm', c ? [a, b, c] : [a, b], {
      ...(options.transA ? { transA: 1 } : {}),
      ...(options.transB ? { transB: 1 } : {}),
      ...(options.alpha === undefined ? {} : { alpha: { float: options.alpha } }),
      ...(options.beta === undefined ? {} : { beta: { float: options.beta } }),
    });
  }

  /** Without axes, over all of them. */
  reduceSum(x: TensorName, axes?: readonly number[], keepDims = false): TensorName {
    return this.op('ReduceSum', axes ? [x, this.ints(axes)] : [x], { keepdims: keepDims ? 1 : 0 });
  }
  reduceMean(x: TensorName, axes?: readonly number[], keepDims = false): TensorName {
    return this.#reduce('ReduceMean', x, axes, keepDims);
  }
  reduceMax(x: TensorName, axes?: readonly number[], keepDims = false): TensorName {
    return this.#reduce('ReduceMax', x, axes, keepDims);
  }
  reduceMin(x: TensorName, axes?: readonly number[], keepDims = false): TensorName {
    return this.#reduce('ReduceMin', x, axes, keepDims);
  }
  reduceLogSumExp(x: TensorName, axes?: readonly number[], keepDims = false): TensorName {
    return this.#reduce('ReduceLogSumExp', x, axes, keepDims);
  }
  /** The index of the first of the greatest, int64. */
  argMax(x: TensorName, axis = -1, keepDims = false): TensorName {
    return this.op('ArgMax', [x], { axis, keepdims: keepDims ? 1 : 0 });
  }

  /** 0 keeps a dimension, −1 is what remains. */
  reshape(x: TensorName, shape: readonly number[]): TensorName {
    return this.op('Reshape', [x, this.ints(shape)]);
  }
  /** The dimensions before `axis` become one, and those from it on another. */
  flatten(x: TensorName, axis = 1): TensorName {
    return this.op('Flatten', [x], { axis });
  }
  transpose(x: TensorName, permutation: readonly number[]): TensorName {
    return this.op('Transpose', [x], { perm: permutation });
  }
  squeeze(x: TensorName, axes: readonly number[]): TensorName {
    return this.op('Squeeze', [x, this.ints(axes)]);
  }
  unsqueeze(x: TensorName, axes: readonly number[]): TensorName {
    return this.op('Unsqueeze', [x, this.ints(axes)]);
  }
  expand(x: TensorName, shape: readonly number[]): TensorName {
    return this.op('Expand', [x, this.ints(shape)]);
  }
  concat(parts: readonly TensorName[], axis: number): TensorName {
    return this.op('Concat', parts, { axis });
  }
  split(x: TensorName, sizes: readonly number[], axis: number): readonly TensorName[] {
    return this.opN('Split', [x, this.ints(sizes)], { axis }, sizes.length);
  }
  /** The elements from `starts` up to, not including, `ends` on each of `axes`. */
  slice(
    x: TensorName,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps?: readonly number[],
  ): TensorName {
    const rows = [starts, ends, axes, ...(steps ? [steps] : [])];
    return this.op('Slice', [x, ...rows.map((row) => this.ints(row))]);
  }
  /** Adds elements around: all the begins, then all the ends. */
  pad(x: TensorName, pads: readonly number[], value: number = 0): TensorName {
    return this.op('Pad', [x, this.ints(pads), this.scalar(value, this.numberType(x))], { mode: 'constant' });
  }
  /** The rows of `x` at these indices along an axis: an embedding. */
  gather(x: TensorName, indices: TensorName, axis = 0): TensorName {
    return this.op('Gather', [x, indices], { axis });
  }
  /** One element for each index, along an axis. */
  gatherElements(x: TensorName, indices: TensorName, axis: number): TensorName {
    return this.op('GatherElements', [x, indices], { axis });
  }
  /** 1 at each index and 0 elsewhere, on a new last axis of `depth`. */
  oneHot(indices: TensorName, depth: number, dtype: DType = 'float32'): TensorName {
    const values = dtype === 'float64' ? Float64Array.of(0, 1) : Float32Array.of(0, 1);
    const pair = this.constant({ dtype: dtype === 'float64' ? dtype : 'float32', shape: [2], data: values });
    return this.op('OneHot', [indices, this.scalar(depth, 'int64'), pair], { axis: -1 });
  }
  cast(x: TensorName, to: DType): TensorName {
    return this.op('Cast', [x], { to: onnxTypeOf[to] });
  }
  identity(x: TensorName): TensorName {
    return this.op('Identity', [x]);
  }

  /** `weight` is [out, in / groups, …kernel]; an empty `bias` is none. */
  conv(
    x: TensorName,
    weight: TensorName,
    bias: TensorName,
    kernel: readonly number[],
    window: Window & { group?: number } = {},
  ): TensorName {
    return this.op('Conv', bias ? [x, weight, bias] : [x, weight], {
      kernel_shape: kernel,
      ...this.#window(window),
      ...(window.group === undefined ? {} : { group: window.group }),
    });
  }
  maxPool(x: TensorName, kernel: readonly number[], window: Window & { ceil?: boolean } = {}): TensorName {
    return this.op('MaxPool', [x], {
      kernel_shape: kernel,
      ...this.#window(window),
      ...(window.ceil ? { ceil_mode: 1 } : {}),
    });
  }
  /** `countPadding`: whether padded zeros count in the mean (PyTorch: yes, ONNX: no). */
  averagePool(x: TensorName, kernel: readonly number[], window: Window & { countPadding?: boolean } = {}): TensorName {
    return this.op('AveragePool', [x], {
      kernel_shape: kernel,
      ...this.#window(window),
      ...(window.countPadding ? { count_include_pad: 1 } : {}),
    });
  }
  globalAveragePool(x: TensorName): TensorName {
    return this.op('GlobalAveragePool', [x]);
  }

  /** In training each element is dropped with probability `p`, and the others are scaled by 1 / (1 − p). */
  dropout(x: TensorName, p: number): TensorName {
    return this.op('Dropout', [x, this.scalar(p)]);
  }
  /** `momentum` is PyTorch's: the share of the new batch in the running statistics. `mean` and `variance` are buffers. */
  batchNorm(
    x: TensorName,
    scale: TensorName,
    bias: TensorName,
    mean: TensorName,
    variance: TensorName,
    options: { epsilon: number; momentum: number },
  ): TensorName {
    return this.op('BatchNormalization', [x, scale, bias, mean, variance], {
      epsilon: { float: options.epsilon },
      momentum: { float: 1 - options.momentum },
    });
  }
  /** Over the dimensions from `axis` on; an empty `bias` is none. */
  layerNorm(
    x: TensorName,
    scale: TensorName,
    bias: TensorName,
    options: { axis: number; epsilon: number },
  ): TensorName {
    return this.op('LayerNormalization', bias ? [x, scale, bias] : [x, scale], {
      axis: options.axis,
      epsilon: { float: options.epsilon },
    });
  }

  #binary(type: string, a: Operand, b: Operand): TensorName {
    return this.op(type, this.#pair(a, b));
  }

  #pair(a: Operand, b: Operand): [TensorName, TensorName] {
    const dtype = typeof a === 'string' ? this.numberType(a) : typeof b === 'string' ? this.numberType(b) : 'float32';
    const name = (value: Operand): TensorName => (typeof value === 'string' ? value : this.scalar(value, dtype));
    return [name(a), name(b)];
  }

  #reduce(type: string, x: TensorName, axes: readonly number[] | undefined, keepDims: boolean): TensorName {
    return this.op(type, [x], { ...(axes ? { axes } : {}), keepdims: keepDims ? 1 : 0 } satisfies Record<
      string,
      Attribute
    >);
  }

  #window({ strides, pads, dilations }: Window): Record<string, Attribute> {
    return { ...(strides ? { strides } : {}), ...(pads ? { pads } : {}), ...(dilations ? { dilations } : {}) };
  }
}
