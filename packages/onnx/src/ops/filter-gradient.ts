import { sizeOf } from '@reprise/core';
import type { TensorName } from '../graph/graph.js';
import type { ShapedBuilder } from '../graph/shaped-builder.js';
import { positions } from './window.js';
import type { WindowGeometry } from './window.js';

/**
 * The gradient of a convolution's weight [out, in / groups, …kernel]: the shifted slices of x that each place of the kernel saw, times dy.
 * Two to three times faster than a convolution of x by dy (measured on 8 to 256 channels).
 */
export function filterGradient(
  g: ShapedBuilder,
  x: TensorName,
  dy: TensorName,
  weight: readonly number[],
  geometry: WindowGeometry,
  group: number,
): TensorName {
  const [outputs, inputs] = weight as [number, number];
  const samples = g.shape(x)[0] as number;
  const places = sizeOf(geometry.kernel);
  const points = sizeOf(geometry.out);
  const padded = pad(g, x, geometry);
  // One product a sample, summed, writes samples × weight; one product of all reads reordered copies. Whichever moves less.
  if (group === 1 && (inputs === 1 || 2 * outputs * inputs * places > points * (inputs * places + outputs))) {
    const columns = shifted(g, channelsFirst(g, padded), geometry).map((slice) =>
      g.reshape(slice, [inputs, samples * points]),
    );
    const rows = g.reshape(channelsFirst(g, dy), [outputs, samples * points]);
    return unfold(g, g.gemm(rows, joined(g, columns, 0), '', { transB: true }), weight, geometry.kernel);
  }
  const each = [samples, group, inputs, points];
  const slices = shifted(g, padded, geometry).map((slice) =>
    g.reshape(slice, group === 1 ? [samples, inputs, points] : each),
  );
  const rank = group === 1 ? 3 : 4;
  const swap = [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
  const columns = g.transpose(joined(g, slices, rank - 2), swap);
  const product = g.matMul(g.reshape(dy, [...each.slice(0, rank - 2), outputs / group, points]), columns);
  return unfold(g, samples === 1 ? product : g.reduceSum(product, [0]), weight, geometry.kernel);
}

function pad(g: ShapedBuilder, x: TensorName, { begins, ends }: WindowGeometry): TensorName {
  return [...begins, ...ends].some((count) => count !== 0) ? g.pad(x, [0, 0, ...begins, 0, 0, ...ends]) : x;
}

/** What each place of the kernel sees of x. */
function shifted(
  g: ShapedBuilder,
  x: TensorName,
  { kernel, strides, dilations, out }: WindowGeometry,
): readonly TensorName[] {
  const axes = kernel.map((_, axis) => axis + 2);
  const strided = strides.some((stride) => stride !== 1);
  return positions(kernel).map((place) => {
    const starts = place.map((k, axis) => k * (dilations[axis] as number));
    const ends = starts.map((start, axis) => start + ((out[axis] as number) - 1) * (strides[axis] as number) + 1);
    const whole = starts.every((start, axis) => start === 0 && ends[axis] === g.shape(x)[axis + 2]);
    return whole && !strided ? x : g.slice(x, starts, ends, axes, strided ? strides : undefined);
  });
}

function joined(g: ShapedBuilder, parts: readonly TensorName[], axis: number): TensorName {
  return parts.length === 1 ? (parts[0] as TensorName) : g.concat(parts, axis);
}

function channelsFirst(g: ShapedBuilder, x: TensorName): TensorName {
  return g.transpose(
    x,
    g.shape(x).map((_, axis) => (axis < 2 ? 1 - axis : axis)),
  );
}

/** [out, …kernel · in] to [out, in, …kernel]. */
function unfold(
  g: ShapedBuilder,
  product: TensorName,
  weight: readonly number[],
  kernel: readonly number[],
): TensorName {
  const [outputs, inputs] = weight as [number, number];
  const last = kernel.length + 1;
  return g.transpose(g.reshape(product, [outputs, ...kernel, inputs]), [0, last, ...kernel.map((_, axis) => axis + 1)]);
}
