import { describe, expect, it } from 'vitest';
import type { Tensor } from '@reprise/core';
import { float32, gradientError, gradientsOf, random } from './harness.js';

const next = random(3);
const signed = (...shape: number[]): Tensor => float32(shape, next);

interface Geometry {
  readonly name: string;
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly strides?: readonly number[];
  readonly pads?: readonly number[];
  readonly dilations?: readonly number[];
  readonly group?: number;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly samples?: number;
}

const geometries: readonly Geometry[] = [
  { name: 'plain', size: [5, 5], kernel: [3, 3] },
  { name: 'one input channel', size: [5, 4], kernel: [3, 2], inputs: 1 },
  { name: 'one sample', size: [4, 4], kernel: [2, 2], samples: 1 },
  { name: 'wide enough for one product of all samples', size: [3, 3], kernel: [2, 2], inputs: 3, outputs: 9 },
  {
    name: 'the same, padded and strided',
    size: [5, 4],
    kernel: [3, 3],
    pads: [1, 1, 1, 1],
    strides: [2, 2],
    inputs: 3,
    outputs: 9,
  },
  { name: 'pointwise', size: [3, 3], kernel: [1, 1] },
  { name: 'pointwise, strided', size: [4, 5], kernel: [1, 1], strides: [2, 2] },
  { name: 'padded', size: [4, 4], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { name: 'padded unevenly', size: [4, 4], kernel: [3, 2], pads: [2, 0, 1, 1] },
  { name: 'padded beyond the kernel', size: [3, 3], kernel: [2, 2], pads: [2, 2, 2, 2] },
  { name: 'strided', size: [5, 5], kernel: [3, 3], strides: [2, 2] },
  { name: 'strided, with a rest', size: [6, 8], kernel: [3, 3], strides: [2, 3] },
  { name: 'strided beyond the kernel', size: [8, 8], kernel: [2, 2], strides: [3, 3] },
  { name: 'strided and padded', size: [6, 5], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { name: 'dilated', size: [6, 6], kernel: [2, 3], dilations: [3, 2] },
  {
    name: 'dilated, strided, padded',
    size: [7, 6],
    kernel: [2, 2],
    dilations: [2, 3],
    strides: [2, 1],
    pads: [1, 1, 0, 2],
  },
  { name: 'in groups', size: [4, 4], kernel: [3, 3], group: 2, inputs: 4, outputs: 6, pads: [1, 1, 1, 1] },
  { name: 'depthwise', size: [4, 4], kernel: [2, 2], group: 3, inputs: 3, outputs: 3 },
  {
    name: 'depthwise, more outputs, strided',
    size: [5, 5],
    kernel: [3, 3],
    group: 2,
    inputs: 2,
    outputs: 4,
    strides: [2, 2],
  },
  { name: 'one dimension', size: [7], kernel: [3], strides: [2], pads: [1, 1] },
  { name: 'three dimensions', size: [3, 4, 3], kernel: [2, 2, 2], pads: [0, 1, 0, 0, 0, 1] },
  { name: 'patches', size: [6, 6], kernel: [3, 3], strides: [3, 3] },
];

describe('gradients of convolutions agree with finite differences, and repeat bit for bit', () => {
  for (const geometry of geometries) {
    const { size, kernel, group = 1, inputs = 2, outputs = 3, samples = 2, name, ...rest } = geometry;
    const { strides, pads, dilations } = rest;
    const window = { ...(strides && { strides }), ...(pads && { pads }), ...(dilations && { dilations }), group };
    for (const threads of [1, 2]) {
      it(`${name}, ${threads} threads`, async () => {
        const feeds = {
          x: signed(samples, inputs, ...size),
          w: signed(outputs, inputs / group, ...kernel),
          b: signed(outputs),
        };
        const found = await gradientError(feeds, ['x', 'w', 'b'], (g) => [g.conv('x', 'w', 'b', kernel, window)], {
          threads,
          step: 0.1,
        });
        expect(found.error).toBeLessThan(1e-3);
        expect(found.repeats).toBe(true);
      });
    }
  }

  for (const strides of [
    [1, 1],
    [2, 3],
  ]) {
    for (const group of [1, 2]) {
      it(`transposed, strides ${strides.join(' × ')}, ${group} groups`, async () => {
        const feeds = { x: signed(2, 4, 3, 3), w: signed(4, 2, 3, 2), b: signed(2 * group) };
        const attributes = { kernel_shape: [3, 2], strides, pads: [1, 0, 1, 1], group };
        const found = await gradientError(
          feeds,
          ['x', 'w', 'b'],
          (g) => [g.op('ConvTranspose', ['x', 'w', 'b'], attributes)],
          { step: 0.1 },
        );
        expect(found.error).toBeLessThan(1e-3);
      });
    }
  }
});

/** ∂/∂x and ∂/∂w of Σ r · conv(x, w), by the definition. */
function naive(x: Tensor, w: Tensor, r: Tensor, pad: number): { dx: Float64Array; dw: Float64Array } {
  const [n, c, h] = x.shape as [number, number, number];
  const [o, , k] = w.shape as [number, number, number];
  const out = r.shape[2] as number;
  const dx = new Float64Array(x.data.length);
  const dw = new Float64Array(w.data.length);
  for (let s = 0; s < n; s++)
    for (let f = 0; f < o; f++)
      for (let i = 0; i < out; i++)
        for (let j = 0; j < out; j++) {
          const d = Number(r.data[((s * o + f) * out + i) * out + j]);
          for (let ch = 0; ch < c; ch++)
            for (let a = 0; a < k; a++)
              for (let b = 0; b < k; b++) {
                const [y, z] = [i + a - pad, j + b - pad];
                if (y < 0 || z < 0 || y >= h || z >= h) continue;
                const at = ((s * c + ch) * h + y) * h + z;
                const weight = ((f * c + ch) * k + a) * k + b;
                dx[at] = (dx[at] as number) + d * Number(w.data[weight]);
                dw[weight] = (dw[weight] as number) + d * Number(x.data[at]);
              }
        }
  return { dx, dw };
}

describe('gradients of large convolutions agree with the definition', () => {
  for (const [channels, size, kernel, pad] of [
    [32, 16, 3, 1],
    [32, 17, 3, 0],
    [40, 16, 1, 0],
    [48, 4, 3, 1],
  ] as const) {
    it(`${channels} channels of ${size} × ${size}, kernel ${kernel}, padding ${pad}`, async () => {
      const feeds = { x: signed(2, channels, size, size), w: signed(channels, channels, kernel, kernel) };
      const { gradients, projections } = await gradientsOf(feeds, ['x', 'w'], (g) => [
        g.conv('x', 'w', '', [kernel, kernel], { pads: [pad, pad, pad, pad] }),
      ]);
      const expected = naive(feeds.x, feeds.w, projections[0] as Tensor, pad);
      for (const [index, wanted] of [expected.dx, expected.dw].entries()) {
        const found = (gradients[index] as Tensor).data;
        const scale = Math.max(...wanted.map(Math.abs));
        const error = wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - Number(found[at]))), 0);
        expect(error / scale).toBeLessThan(1e-5);
      }
    });
  }
});
