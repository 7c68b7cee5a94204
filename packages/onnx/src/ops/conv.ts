import { sizeOf } from '@reprise/core';
import type { Attribute, TensorName } from '../graph/graph.js';
import { filterGradient } from './filter-gradient.js';
import type { GradientSite, Rules } from './rule.js';
import type { Site, TensorType } from './site.js';
import { windowOf } from './window.js';
import type { WindowGeometry } from './window.js';

function inferConv(site: Site): readonly TensorType[] {
  const [x, w] = [site.input(0), site.input(1)];
  if (x.dtype !== w.dtype) site.fail('expected input and weight of one element type');
  if (w.shape.length !== x.shape.length)
    site.fail(`expected a tensor [samples, channels, …spatial] of ${w.shape.length} dimensions`);
  const group = site.int('group', 1);
  const [outputs, perGroup] = w.shape as [number, number];
  if (x.shape[1] !== perGroup * group) site.fail(`expected ${perGroup * group} channels, but got ${x.shape[1]}`);
  if (outputs % group !== 0) site.fail(`${outputs} output channels can't be divided into ${group} groups`);
  if (site.has(2) && site.shape(2)[0] !== outputs) site.fail(`expected a bias of ${outputs} elements`);
  const { out } = windowOf(site, w.shape.slice(2));
  return [{ dtype: x.dtype, shape: [x.shape[0] as number, outputs, ...out] }];
}

function gradConv(at: GradientSite): readonly (TensorName | undefined)[] {
  const { g, site } = at;
  const dy = at.dy[0] as TensorName;
  const w = site.shape(1);
  const geometry = windowOf(site, w.slice(2));
  const group = site.int('group', 1);
  const spatial = geometry.size.map((_, axis) => axis + 2);
  return [
    at.wanted(0) ? inputGradient(at, dy, geometry, group) : undefined,
    at.wanted(1) ? filterGradient(g, at.x(0), dy, w, geometry, group) : undefined,
    at.wanted(2) ? g.reduceSum(dy, [0, ...spatial]) : undefined,
  ];
}

/**
 * As a convolution with the flipped kernel where that is possible and the planes are large, else as a transposed convolution
 * (measured: 64 channels of 32², 16.3 and 19.5 ms; 256 channels of 8², 17.2 and 11.7 ms).
 */
function inputGradient(at: GradientSite, dy: TensorName, geometry: WindowGeometry, group: number): TensorName {
  const { g, site } = at;
  const { kernel, strides, dilations, begins, ends, size, out } = geometry;
  const spans = kernel.map((k, axis) => (dilations[axis] as number) * (k - 1) + 1);
  const pads = [
    ...spans.map((span, axis) => span - 1 - (begins[axis] as number)),
    ...spans.map((span, axis) => span - 1 - (ends[axis] as number)),
  ];
  const [outputs, inputs] = site.shape(1) as [number, number];
  const pointwise = sizeOf(kernel) === 1;
  const large = sizeOf(size) >= 256 && inputs >= 32 && outputs >= 32;
  if (group === 1 && strides.every((stride) => stride === 1) && pads.every((pad) => pad >= 0) && (pointwise || large)) {
    const axes = kernel.map((_, axis) => axis + 2);
    const last = axes.map(() => -1);
    const flipped = pointwise
      ? at.x(1)
      : g.slice(
          at.x(1),
          last,
          axes.map(() => Number.MIN_SAFE_INTEGER),
          axes,
          last,
        );
    return g.conv(dy, g.transpose(flipped, [1, 0, ...axes]), '', kernel, { pads, dilations });
  }
  // What the stride left over at the end gets no gradient.
  const left = out.map(
    (steps, axis) =>
      (size[axis] as number) +
      (begins[axis] as number) +
      (ends[axis] as number) -
      ((steps - 1) * (strides[axis] as number) + (spans[axis] as number)),
  );
  const attributes: Record<string, Attribute> = {
    kernel_shape: kernel,
    strides,
    dilations,
    group,
    pads: [...begins, ...ends],
  };
  return g.op(
    'ConvTranspose',
    [dy, at.x(1)],
    left.some((rest) => rest > 0) ? { ...attributes, output_padding: left } : attributes,
  );
}

/** The window of the convolution whose adjoint a ConvTranspose is: it moves over the ConvTranspose's output. */
function adjoint(site: Site): WindowGeometry {
  const x = site.shape(0).slice(2);
  const kernel = site.ints('kernel_shape') ?? site.shape(1).slice(2);
  const strides = site.ints('strides') ?? x.map(() => 1);
  const dilations = site.ints('dilations') ?? x.map(() => 1);
  const pads = site.ints('pads') ?? [...x, ...x].map(() => 0);
  const extra = site.ints('output_padding') ?? x.map(() => 0);
  if (site.text('auto_pad', 'NOTSET') !== 'NOTSET' || site.ints('output_shape'))
    site.fail("expected 'pads': 'auto_pad' and 'output_shape' are not supported");
  const [begins, ends] = [pads.slice(0, x.length), pads.slice(x.length)];
  const size = x.map((dim, axis) => {
    const span = (dilations[axis] as number) * ((kernel[axis] as number) - 1) + 1;
    return (
      (dim - 1) * (strides[axis] as number) +
      span +
      (extra[axis] as number) -
      (begins[axis] as number) -
      (ends[axis] as number)
    );
  });
  return { kernel, strides, dilations, begins, ends, size, out: x };
}

function inferConvTranspose(site: Site): readonly TensorType[] {
  const [x, w] = [site.input(0), site.input(1)];
  if (w.shape.length !== x.shape.length || w.shape.length < 3)
    site.fail('expected [samples, channels, …spatial] and a kernel of as many dimensions');
  if (x.shape[1] !== w.shape[0]) site.fail(`expected ${w.shape[0]} channels, but got ${x.shape[1]}`);
  return [
    {
      dtype: x.dtype,
      shape: [x.shape[0] as number, (w.shape[1] as number) * site.int('group', 1), ...adjoint(site).size],
    },
  ];
}

function gradConvTranspose(at: GradientSite): readonly (TensorName | undefined)[] {
  const { g, site } = at;
  const dy = at.dy[0] as TensorName;
  const geometry = adjoint(site);
  const group = site.int('group', 1);
  const { kernel, strides, dilations, begins, ends } = geometry;
  return [
    at.wanted(0)
      ? g.conv(dy, at.x(1), '', kernel, { strides, dilations, pads: [...begins, ...ends], group })
      : undefined,
    at.wanted(1) ? filterGradient(g, dy, at.x(0), site.shape(1), geometry, group) : undefined,
    at.wanted(2) ? g.reduceSum(dy, [0, ...kernel.map((_, axis) => axis + 2)]) : undefined,
  ];
}

export const convolutions: Rules = {
  Conv: { infer: inferConv, gradient: gradConv },
  ConvTranspose: { infer: inferConvTranspose, gradient: gradConvTranspose },
};
