import type { TensorName } from '../graph/graph.js';
import type { ShapedBuilder } from '../graph/shaped-builder.js';
import { concatenated, sliced } from './folding.js';
import type { GradientSite, Rules } from './rule.js';
import type { Site, TensorType } from './site.js';

/** One axis of a slice: elements `start`, `start + step`, …, `count` of them. */
interface Stretch {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** What a Slice takes of each axis. */
function stretches(site: Site): readonly Stretch[] {
  const shape = site.shape(0);
  const starts = site.values(1) ?? site.fail('expected starts as second input');
  const ends = site.values(2) ?? site.fail('expected ends as third input');
  const axes = (site.values(3) ?? starts.map((_, axis) => axis)).map((axis) => site.axis(axis, shape.length));
  const steps = site.values(4) ?? starts.map(() => 1);
  return shape.map((dim, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0) return { start: 0, step: 1, count: dim };
    const step = steps[at] ?? 1;
    if (step === 0) site.fail('a step of 0 takes no elements');
    const from0 = (index: number): number => (index < 0 ? index + dim : index);
    const start = clamp(from0(starts[at] as number), 0, step > 0 ? dim : dim - 1);
    const end = clamp(from0(ends[at] as number), step > 0 ? 0 : -1, dim);
    return { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Back to the full shape, with zeros where nothing was taken. */
function gradSlice(at: GradientSite): readonly (TensorName | undefined)[] {
  const { g, site } = at;
  const shape = site.shape(0);
  const taken = stretches(site);
  const backwards = taken.flatMap(({ step }, axis) => (step < 0 ? [axis] : []));
  let dx = at.dy[0] as TensorName;
  if (backwards.length > 0) {
    const all = (value: number): number[] => backwards.map(() => value);
    dx = g.slice(dx, all(-1), all(Number.MIN_SAFE_INTEGER), backwards, all(-1));
  }
  for (const [axis, { step, count }] of taken.entries()) {
    const gap = Math.abs(step);
    if (gap === 1 || count < 2) continue;
    const merged = spread(g, dx, axis, gap);
    dx = g.slice(merged, [0], [(count - 1) * gap + 1], [axis]);
  }
  const before = taken.map(({ start, step, count }) => (step > 0 ? start : start + step * (count - 1)));
  const after = shape.map((dim, axis) => dim - (before[axis] as number) - (g.shape(dx)[axis] as number));
  return [[...before, ...after].some((pad) => pad !== 0) ? g.pad(dx, [...before, ...after]) : dx];
}

/** Puts `gap − 1` zeros after each element of an axis. */
function spread(g: ShapedBuilder, x: TensorName, axis: number, gap: number): TensorName {
  const shape = g.shape(x);
  const pads = new Array<number>(2 * (shape.length + 1)).fill(0);
  pads[shape.length + 1 + axis + 1] = gap - 1;
  return g.reshape(g.pad(g.unsqueeze(x, [axis + 1]), pads), withDim(shape, axis, (shape[axis] as number) * gap));
}

function inferPad(site: Site): readonly TensorType[] {
  const { dtype, shape } = site.input(0);
  const pads = site.values(1) ?? site.fail('expected pads as second input');
  if (pads.length !== 2 * shape.length)
    site.fail(`expected ${2 * shape.length} pads: a begin and an end for each dimension`);
  return [
    { dtype, shape: shape.map((dim, axis) => dim + (pads[axis] as number) + (pads[axis + shape.length] as number)) },
  ];
}

function inferConcat(site: Site): readonly TensorType[] {
  const first = site.input(0);
  const axis = site.axis(site.int('axis', 0), first.shape.length);
  let length = 0;
  for (let index = 0; index < site.count; index++) {
    const { dtype, shape } = site.input(index);
    const fits =
      dtype === first.dtype &&
      shape.length === first.shape.length &&
      shape.every((dim, at) => at === axis || dim === first.shape[at]);
    if (!fits) site.fail(`expected tensors that are equal in all but axis ${axis}`);
    length += shape[axis] as number;
  }
  return [{ dtype: first.dtype, shape: first.shape.map((dim, at) => (at === axis ? length : dim)) }];
}

function splitSizes(site: Site): { readonly axis: number; readonly sizes: readonly number[] } {
  const shape = site.shape(0);
  const axis = site.axis(site.int('axis', 0), shape.length);
  const dim = shape[axis] as number;
  const parts = site.node.outputs.length;
  const sizes = site.values(1) ?? Array.from({ length: parts }, () => dim / parts);
  if (
    sizes.length !== parts ||
    sizes.some((size) => !Number.isInteger(size)) ||
    sizes.reduce((sum, size) => sum + size, 0) !== dim
  ) {
    site.fail(`${dim} elements of axis ${axis} can't be split into ${parts} parts of sizes [${sizes.join(', ')}]`);
  }
  return { axis, sizes };
}

function withDim(shape: readonly number[], axis: number, dim: number): readonly number[] {
  return shape.map((old, index) => (index === axis ? dim : old));
}

/** Operators that put tensors together, or take them apart. */
export const pieces: Rules = {
  Slice: {
    infer: (site) => [{ dtype: site.input(0).dtype, shape: stretches(site).map(({ count }) => count) }],
    gradient: gradSlice,
    fold: sliced,
  },
  Pad: {
    infer: inferPad,
    gradient: ({ g, site, dy }) => {
      if (site.text('mode', 'constant') !== 'constant')
        site.noGradient("padding by reflection or repetition; use mode 'constant'");
      const pads = site.values(1) as readonly number[];
      const back = pads.map((pad) => -pad);
      const shape = site.shape(0);
      if (back.every((pad) => pad === 0)) return [dy[0]];
      if (pads.some((pad) => pad < 0)) return [g.pad(dy[0] as TensorName, back)];
      const axes = shape.map((_, axis) => axis);
      const starts = pads.slice(0, shape.length);
      return [
        g.slice(
          dy[0] as TensorName,
          starts,
          shape.map((dim, axis) => dim + (starts[axis] as number)),
          axes,
        ),
      ];
    },
  },
  Concat: {
    infer: inferConcat,
    gradient: ({ g, site, dy, wanted }) => {
      const axis = site.axis(site.int('axis', 0), site.shape(0).length);
      let start = 0;
      return site.node.inputs.map((_, index) => {
        const from = start;
        start += site.shape(index)[axis] as number;
        return wanted(index) ? g.slice(dy[0] as TensorName, [from], [start], [axis]) : undefined;
      });
    },
    fold: concatenated,
  },
  Split: {
    infer: (site) => {
      const { axis, sizes } = splitSizes(site);
      const { dtype, shape } = site.input(0);
      return sizes.map((size) => ({ dtype, shape: withDim(shape, axis, size) }));
    },
    gradient: ({ g, site, dy }) => {
      const { axis, sizes } = splitSizes(site);
      const { dtype, shape } = site.input(0);
      return [
        g.concat(
          sizes.map((size, index) => dy[index] ?? g.full(0, { dtype, shape: withDim(shape, axis, size) })),
          axis,
        ),
      ];
    },
  },
};
