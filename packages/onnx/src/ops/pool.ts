import { sizeOf } from '@reprise/core';
import { numbers } from '../graph/constants.js';
import type { TensorName } from '../graph/graph.js';
import type { ShapedBuilder } from '../graph/shaped-builder.js';
import type { GradientSite, Rules } from './rule.js';
import { isFloat } from './site.js';
import type { Site, TensorType } from './site.js';
import { positions, windowOf } from './window.js';
import type { WindowGeometry } from './window.js';

function inferPool(site: Site): readonly TensorType[] {
  const { dtype, shape } = site.input(0);
  if (!isFloat(dtype)) site.fail('expected a float tensor; cast it');
  const out = [...shape.slice(0, 2), ...windowOf(site).out];
  return [
    { dtype, shape: out },
    { dtype: 'int64', shape: out },
  ];
}

/** Windows that neither overlap nor leave gaps, and begin inside. */
function tiles({ kernel, strides, dilations, begins, size, out }: WindowGeometry): boolean {
  return kernel.every(
    (k, axis) =>
      strides[axis] === k &&
      dilations[axis] === 1 &&
      begins[axis] === 0 &&
      (out[axis] as number) * k <= (size[axis] as number),
  );
}

/** Each element `kernel` times along each spatial axis. */
function repeat(g: ShapedBuilder, x: TensorName, kernel: readonly number[]): TensorName {
  const scales = g.constant({
    dtype: 'float32',
    shape: [kernel.length + 2],
    data: Float32Array.from([1, 1, ...kernel]),
  });
  return g.op('Resize', [x, '', scales], {
    mode: 'nearest',
    nearest_mode: 'floor',
    coordinate_transformation_mode: 'asymmetric',
  });
}

/** Zeros where the windows left something over at the end. */
function padEnds(g: ShapedBuilder, x: TensorName, shape: readonly number[]): TensorName {
  const rest = shape.map((dim, axis) => dim - (g.shape(x)[axis] as number));
  return rest.some((count) => count > 0) ? g.pad(x, [...rest.map(() => 0), ...rest]) : x;
}

/**
 * The first of equal maxima gets all of the gradient, as in PyTorch. Where windows tile the plane, by comparing with the repeated
 * output, twice as fast as indices and a scatter (measured on [64, 8, 26, 26]).
 */
function gradMaxPool(at: GradientSite): readonly (TensorName | undefined)[] {
  const { g, site } = at;
  const { shape, dtype } = site.input(0);
  const dy = at.dy[0] as TensorName;
  const geometry = windowOf(site);
  if (!tiles(geometry) || shape.length !== 4 || dtype !== 'float32') return [scattered(at, dy)];
  const { kernel, size, out } = geometry;
  const inside = out.map((steps, axis) => steps * (kernel[axis] as number));
  const axes = inside.map((_, axis) => axis + 2);
  const cut = inside.some((dim, axis) => dim < (size[axis] as number));
  const x = cut
    ? g.slice(
        at.x(0),
        inside.map(() => 0),
        inside,
        axes,
      )
    : at.x(0);
  const order = g.constant({ dtype, shape: [1, 1, ...inside], data: numbers(placesFromLast(inside, kernel), dtype) });
  const candidates = g.masked(g.equal(x, repeat(g, at.y(0), kernel)), order);
  const first = g.equal(candidates, repeat(g, g.maxPool(candidates, kernel, { strides: kernel }), kernel));
  return [padEnds(g, g.masked(first, repeat(g, dy, kernel)), shape)];
}

/** For each point of the plane, how far its place is from the end of its window: the first place has most. */
function placesFromLast(inside: readonly number[], kernel: readonly number[]): number[] {
  return positions(inside).map((point) => {
    const place = point.reduce(
      (index, coordinate, axis) => index * (kernel[axis] as number) + (coordinate % (kernel[axis] as number)),
      0,
    );
    return sizeOf(kernel) - place;
  });
}

function scattered({ g, site, x }: GradientSite, dy: TensorName): TensorName {
  const [, indices] = g.opN('MaxPool', [x(0)], site.node.attributes, 2) as [TensorName, TensorName];
  const { dtype, shape } = site.input(0);
  const rows = sizeOf(g.shape(dy));
  const zeros = g.full(0, { dtype, shape: [sizeOf(shape)] });
  return g.reshape(
    g.op('ScatterElements', [zeros, g.reshape(indices, [rows]), g.reshape(dy, [rows])], { axis: 0, reduction: 'add' }),
    shape,
  );
}

/** A mean is a convolution of each channel with a constant kernel, so its gradient is that convolution's. */
function gradAveragePool(at: GradientSite): readonly (TensorName | undefined)[] {
  const { g, site } = at;
  const { shape, dtype } = site.input(0);
  const geometry = windowOf(site);
  const { kernel, strides, begins, ends, size, out } = geometry;
  const places = sizeOf(kernel);
  const dy = at.dy[0] as TensorName;
  if (tiles(geometry) && shape.length === 4 && dtype === 'float32') {
    return [padEnds(g, repeat(g, g.times(dy, 1 / places), kernel), shape)];
  }
  const counts = countsOf(geometry, site.int('count_include_pad', 0) !== 0);
  const even = counts.every((count) => count === places);
  const weighted = even
    ? dy
    : g.mul(
        dy,
        g.constant({
          dtype,
          shape: out,
          data: numbers(
            counts.map((count) => places / count),
            dtype,
          ),
        }),
      );
  const planes = sizeOf(shape.slice(0, 2));
  const weight = g.constant({
    dtype,
    shape: [1, 1, ...kernel],
    data: numbers(new Array<number>(places).fill(1 / places), dtype),
  });
  // The plane with its padding, so that what hangs over, on either side, is cut off afterwards.
  const reach = out.map((steps, axis) => (steps - 1) * (strides[axis] as number) + (kernel[axis] as number));
  const spread = g.op('ConvTranspose', [g.reshape(weighted, [planes, 1, ...out]), weight], {
    kernel_shape: kernel,
    strides,
  });
  const full = size.map((dim, axis) => dim + (begins[axis] as number) + (ends[axis] as number));
  const axes = size.map((_, axis) => axis + 2);
  const within = padEnds(g, spread, [planes, 1, ...full.map((dim, axis) => Math.max(dim, reach[axis] as number))]);
  const whole = begins.every((begin, axis) => begin === 0 && g.shape(within)[axis + 2] === size[axis]);
  const dx = whole
    ? within
    : g.slice(
        within,
        begins,
        size.map((dim, axis) => dim + (begins[axis] as number)),
        axes,
      );
  return [g.reshape(dx, shape)];
}

/** The number that each window's sum is divided by. */
function countsOf({ kernel, strides, begins, ends, size, out }: WindowGeometry, padding: boolean): number[] {
  const along = out.map((steps, axis) => {
    const [k, begin, dim] = [kernel[axis] as number, begins[axis] as number, size[axis] as number];
    const [low, high] = padding ? [0, dim + begin + (ends[axis] as number)] : [begin, begin + dim];
    return Array.from({ length: steps }, (_, step) => {
      const start = step * (strides[axis] as number);
      return Math.min(start + k, high) - Math.max(start, low);
    });
  });
  return positions(out).map((point) =>
    point.reduce((product, step, axis) => product * ((along[axis] as number[])[step] as number), 1),
  );
}

/** Pools over windows, and over whole planes. */
export const pools: Rules = {
  MaxPool: { infer: inferPool, gradient: gradMaxPool },
  AveragePool: { infer: (site) => inferPool(site).slice(0, 1), gradient: gradAveragePool },
  GlobalAveragePool: {
    infer: (site) => {
      const { dtype, shape } = site.input(0);
      if (shape.length < 3) site.fail('expected [samples, channels, …spatial]');
      return [{ dtype, shape: [...shape.slice(0, 2), ...shape.slice(2).map(() => 1)] }];
    },
    gradient: ({ g, site, dy }) => [g.times(dy[0] as TensorName, 1 / sizeOf(site.shape(0).slice(2)))],
  },
  Resize: {
    infer: (site) => {
      const { dtype, shape } = site.input(0);
      const scales = site.values(2);
      const sizes = site.values(3);
      if (sizes) return [{ dtype, shape: sizes }];
      if (scales?.length !== shape.length) return site.fail('expected scales, one a dimension, or sizes');
      return [{ dtype, shape: shape.map((dim, axis) => Math.floor(dim * (scales[axis] as number))) }];
    },
  },
};
