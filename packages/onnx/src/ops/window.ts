import type { Site } from './site.js';

/** A window that moves over the spatial dimensions of [samples, channels, …spatial]; each list has a number a spatial dimension. */
export interface WindowGeometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begins: readonly number[];
  readonly ends: readonly number[];
  /** The spatial dimensions of what the window moves over, and of the result. */
  readonly size: readonly number[];
  readonly out: readonly number[];
}

/** Reads the attributes of Conv and the pools. */
export function windowOf(site: Site, kernelOf?: readonly number[]): WindowGeometry {
  const size = site.shape(0).slice(2);
  const rank = size.length;
  const each = (value: number): number[] => size.map(() => value);
  const kernel = site.ints('kernel_shape') ?? kernelOf ?? site.fail("expected the attribute 'kernel_shape'");
  const strides = site.ints('strides') ?? each(1);
  const dilations = site.ints('dilations') ?? each(1);
  if (rank === 0 || [kernel, strides, dilations].some((list) => list.length !== rank)) {
    site.fail(`expected [samples, channels, …spatial] with ${kernel.length} spatial dimensions, as the kernel has`);
  }
  const spans = kernel.map((k, axis) => (dilations[axis] as number) * (k - 1) + 1);
  const [begins, ends] = padsOf(site, size, spans, strides);
  const ceil = site.int('ceil_mode', 0) !== 0;
  const out = size.map((dim, axis) => {
    const [stride, begin, end, span] = [
      strides[axis] as number,
      begins[axis] as number,
      ends[axis] as number,
      spans[axis] as number,
    ];
    const steps = (dim + begin + end - span) / stride;
    if (steps < 0)
      site.fail(
        `the window spans ${span} elements, but axis ${axis + 2} has ${dim}, with its padding ${dim + begin + end}`,
      );
    const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A last window that would begin in the padding at the end is dropped.
    return ceil && (count - 1) * stride >= dim + begin ? count - 1 : count;
  });
  return { kernel, strides, dilations, begins, ends, size, out };
}

function padsOf(
  site: Site,
  size: readonly number[],
  spans: readonly number[],
  strides: readonly number[],
): readonly [readonly number[], readonly number[]] {
  const rank = size.length;
  const auto = site.text('auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const totals = size.map((dim, axis) => {
      const stride = strides[axis] as number;
      return Math.max(0, (Math.ceil(dim / stride) - 1) * stride + (spans[axis] as number) - dim);
    });
    const less = totals.map((total) => Math.floor(total / 2));
    const more = totals.map((total) => Math.ceil(total / 2));
    return auto === 'SAME_UPPER' ? [less, more] : [more, less];
  }
  const pads = site.ints('pads') ?? new Array<number>(2 * rank).fill(0);
  if (pads.length !== 2 * rank) site.fail(`expected ${2 * rank} pads: all the begins, then all the ends`);
  return [pads.slice(0, rank), pads.slice(rank)];
}

/** Every position in a kernel, in row-major order. */
export function positions(kernel: readonly number[]): readonly (readonly number[])[] {
  return kernel.reduce<number[][]>(
    (all, size) => all.flatMap((at) => Array.from({ length: size }, (_, k) => [...at, k])),
    [[]],
  );
}
