import { sizeOf } from '@reprise/core';
import type { DType } from '@reprise/core';
import type { ShapedBuilder } from '../graph/shaped-builder.js';
import type { TensorName } from '../graph/graph.js';
import { mismatch } from '../net/mismatch.js';

const integers: ReadonlySet<DType> = new Set([
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
]);

/** Writes a loss between an output and a target; PyTorch's formulas, with the links in core's components. */
export type StandardLoss = (g: ShapedBuilder, output: TensorName, target: TensorName) => TensorName;

export interface CrossEntropyArgs {
  readonly labelSmoothing: number;
  readonly weight: readonly number[] | null;
}

/** Whether targets are class indices rather than distributions over the classes. */
export function areIndices(output: readonly number[], target: readonly number[]): boolean {
  return target.length === output.length - 1;
}

/** Logits [n, …, classes]; targets [n, …] of whole numbers, or distributions of the logits' shape. The classes are the last dimension. */
export function crossEntropy({ labelSmoothing, weight }: CrossEntropyArgs): StandardLoss {
  return (g, logits, target) => {
    const shape = g.shape(logits);
    const { dtype, shape: given } = g.type(target);
    const classes = shape.at(-1) ?? 1;
    const indices = areIndices(shape, given) && integers.has(dtype);
    const lead = indices ? shape.slice(0, -1) : shape;
    if (shape.length === 0 || !sameSizes(lead, given)) {
      const whole = `whole numbers [${shape.slice(0, -1).join(', ')}]`;
      throw mismatch('target', { dtype, shape: given }, `${whole}, or distributions float32 [${shape.join(', ')}]`);
    }
    if (weight !== null && weight.length !== classes) {
      throw mismatch(
        'crossEntropy: weight',
        { dtype: 'float32', shape: [weight.length] },
        `one number for each of ${classes} classes`,
      );
    }
    const hard = indices ? g.oneHot(g.cast(target, 'int64'), classes) : asFloat(g, target);
    const soft = labelSmoothing === 0 ? hard : g.add(g.mul(hard, 1 - labelSmoothing), labelSmoothing / classes);
    const weights =
      weight === null ? undefined : g.constant({ dtype: 'float32', shape: [classes], data: Float32Array.from(weight) });
    const each = g.mul(weights === undefined ? soft : g.mul(soft, weights), g.logSoftmax(logits));
    // With class indices and weights, PyTorch's mean is weighted by the weight of each sample's class.
    if (indices && weights !== undefined) return g.neg(g.div(g.reduceSum(each), g.reduceSum(g.mul(hard, weights))));
    return g.mul(g.reduceSum(each), -1 / (sizeOf(shape) / classes));
  };
}

export interface BinaryCrossEntropyArgs {
  readonly fromLogits: boolean;
  readonly posWeight: readonly number[] | null;
}

export function binaryCrossEntropy({ fromLogits, posWeight }: BinaryCrossEntropyArgs): StandardLoss {
  return (g, output, given) => {
    const target = sameShapeTarget(g, output, given);
    if (!fromLogits) {
      const gain = g.mul(target, clampedLog(g, output));
      const loss = g.mul(g.sub(1, target), clampedLog(g, g.sub(1, output)));
      return g.neg(g.reduceMean(g.add(gain, loss)));
    }
    // (1 − t)·x + (1 + (w − 1)·t)·log(1 + exp(−x)): no exponential of a large number.
    const softplus = g.softplus(g.neg(output));
    const base = g.mul(g.sub(1, target), output);
    if (posWeight === null) return g.reduceMean(g.add(base, softplus));
    const extra = g.constant({
      dtype: 'float32',
      shape: posWeight.length === 1 ? [] : [posWeight.length],
      data: Float32Array.from(posWeight, (weight) => weight - 1),
    });
    return g.reduceMean(g.add(base, g.mul(g.add(g.mul(target, extra), 1), softplus)));
  };
}

/**
 * PyTorch's: the logarithm is at least −100, and its slope at 0 is 1e12, as it divides by max(p·(1 − p), 1e-12) on the way back
 * (https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/Loss.cpp). Below float32's smallest normal number counts as 0.
 */
function clampedLog(g: ShapedBuilder, p: TensorName): TensorName {
  const tiny = 2 ** -126;
  return g.where(g.greater(p, tiny), g.log(g.max(p, tiny)), g.sub(g.mul(p, 1e12), 100));
}

export const mse: StandardLoss = (g, output, target) => {
  const d = g.sub(output, sameShapeTarget(g, output, target));
  return g.reduceMean(g.mul(d, d));
};

export const l1: StandardLoss = (g, output, target) =>
  g.reduceMean(g.abs(g.sub(output, sameShapeTarget(g, output, target))));

export function huber({ delta }: { readonly delta: number }): StandardLoss {
  return (g, output, target) => {
    const d = g.sub(output, sameShapeTarget(g, output, target));
    const size = g.abs(d);
    const linear = g.mul(g.sub(size, delta / 2), delta);
    return g.reduceMean(g.where(g.less(size, delta), g.mul(g.mul(d, d), 0.5), linear));
  };
}

/** The target as float32. Shapes must be equal: broadcasting [n] against [n, 1] would compare everything with everything. */
function sameShapeTarget(g: ShapedBuilder, output: TensorName, target: TensorName): TensorName {
  const type = g.type(target);
  const shape = g.shape(output);
  if (!sameSizes(type.shape, shape)) {
    throw mismatch('target', type, `the shape of the net's output, [${shape.join(', ')}]`);
  }
  return asFloat(g, target);
}

function asFloat(g: ShapedBuilder, x: TensorName): TensorName {
  return g.type(x).dtype === 'float32' ? x : g.cast(x, 'float32');
}

function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}
