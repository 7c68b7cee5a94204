import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '@reprise/core';
import { EngineError } from '../../src/graph/engine-error.js';
import type { GraphBuilder } from '../../src/graph/builder.js';
import { inferShapes } from '../../src/graph/infer.js';
import { compile, float32, graphOf, int64, random, typesOf } from './harness.js';
import type { Feeds } from './harness.js';

type Build = (g: GraphBuilder) => readonly string[];

/** What we infer for the outputs, and what onnxruntime makes. */
async function both(feeds: Feeds, build: Build): Promise<readonly [unknown, unknown]> {
  const graph = graphOf(feeds, build);
  const types = inferShapes(graph, typesOf(feeds));
  const bare = new Map([...types].filter(([name]) => graph.inputs.includes(name)));
  for (const name of graph.outputs) bare.delete(name);
  const made = await (await compile(graph, bare)).run(feeds);
  return [graph.outputs.map((name) => types.get(name)), made.map(({ dtype, shape }) => ({ dtype, shape }))];
}

const signed = (shape: readonly number[]): Tensor => float32(shape, random(9));
const dim = fc.integer({ min: 1, max: 4 });
const shape = fc.array(dim, { minLength: 1, maxLength: 4 });
const runs = { numRuns: 40 };

/** A shape, and one that broadcasts with it. */
const pairs = shape.chain((first) =>
  fc
    .tuple(
      fc.constant(first),
      fc.array(fc.boolean(), { minLength: first.length, maxLength: first.length }),
      fc.nat({ max: first.length }),
    )
    .map(
      ([full, ones, from]) =>
        [
          full.map((size, axis) => (ones[axis] && axis % 2 === 0 ? 1 : size)),
          full.map((size, axis) => (ones[axis] && axis % 2 === 1 ? 1 : size)).slice(from),
        ] as const,
    ),
);

describe('inferred types are those of what onnxruntime computes', () => {
  it('for broadcasting operators', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async ([a, b]) => {
        const [ours, theirs] = await both({ a: signed(a), b: signed(b) }, (g) => [
          g.add('a', 'b'),
          g.greater('b', 'a'),
          g.where(g.less('a', 'b'), 'a', 'b'),
          g.max('a', 'b'),
          g.pow('b', 'a'),
        ]);
        expect(ours).toEqual(theirs);
      }),
      runs,
    );
  });

  it('for reductions', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(), fc.boolean(), async (dims, pick, keep) => {
        const axes = [(pick % dims.length) - (pick % 2 === 0 ? dims.length : 0)];
        const [ours, theirs] = await both({ x: signed(dims) }, (g) => [
          g.reduceSum('x', axes, keep),
          g.reduceMean('x', axes, keep),
          g.reduceMax('x'),
          g.argMax('x', axes[0], keep),
        ]);
        expect(ours).toEqual(theirs);
      }),
      runs,
    );
  });

  it('for matrix products', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, dim, dim, dim, async ([a, b], m, k, n) => {
        const feeds = {
          a: signed([...a.slice(0, 2), m, k]),
          b: signed([k, n]),
          c: signed([...b.slice(-1).map(() => 1), k, n]),
          v: signed([k]),
        };
        const [ours, theirs] = await both(feeds, (g) => [
          g.matMul('a', 'b'),
          g.matMul('a', 'c'),
          g.matMul('a', 'v'),
          g.matMul('v', 'b'),
          g.gemm('b', 'b', '', { transA: true }),
        ]);
        expect(ours).toEqual(theirs);
      }),
      runs,
    );
  });

  it('for changes of shape', async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.nat(),
        fc.integer({ min: -6, max: 6 }),
        fc.integer({ min: -6, max: 6 }),
        fc.constantFrom(1, 2, -1, -2),
        async (dims, pick, from, to, by) => {
          const axis = pick % dims.length;
          const last = dims.length - 1;
          const [ours, theirs] = await both({ x: signed(dims), i: int64([2, 1], [0, -1]) }, (g) => [
            g.flatten('x', axis),
            g.reshape('x', [0, -1]),
            g.unsqueeze('x', [axis, -1]),
            g.squeeze(g.unsqueeze('x', [axis]), [axis]),
            g.transpose(
              'x',
              dims.map((_, index) => last - index),
            ),
            g.slice('x', [from], [to], [axis], [by]),
            g.concat(['x', 'x'], axis),
            ...g.split(g.concat(['x', 'x'], axis), [dims[axis] as number, dims[axis] as number], axis),
            g.gather('x', 'i', axis),
            g.pad('x', [...dims.map(() => 1), ...dims.map((_, index) => index)]),
            g.expand('x', [2, ...dims.map(() => 1)]),
            g.cast('x', 'int64'),
            g.oneHot('i', 5),
          ]);
          expect(ours).toEqual(theirs);
        },
      ),
      runs,
    );
  });

  it('for convolutions and pools', async () => {
    const small = fc.integer({ min: 1, max: 3 });
    const pad = fc.integer({ min: 0, max: 1 });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.integer({ min: 5, max: 9 }), fc.integer({ min: 5, max: 9 })),
        fc.tuple(small, small),
        fc.tuple(small, small),
        fc.tuple(pad, pad, pad, pad),
        fc.integer({ min: 1, max: 2 }),
        fc.boolean(),
        async (size, kernel, strides, pads, dilation, ceil) => {
          const fits = pads.every((count, index) => count < (kernel[index % 2] as number));
          const feeds = { x: signed([2, 2, ...size]), w: signed([4, 1, ...kernel]), k: signed([2, 3, ...kernel]) };
          const window = { strides, pads: fits ? pads : [0, 0, 0, 0] };
          const dilations = [dilation, 1];
          const [ours, theirs] = await both(feeds, (g) => [
            g.conv('x', 'w', '', kernel, { ...window, dilations, group: 2 }),
            g.maxPool('x', kernel, { ...window, dilations, ceil }),
            g.averagePool('x', kernel, window),
            g.globalAveragePool('x'),
            g.op('ConvTranspose', ['x', 'k'], { kernel_shape: kernel, ...window }),
          ]);
          expect(ours).toEqual(theirs);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('for convolutions padded to the same size', async () => {
    for (const auto_pad of ['SAME_UPPER', 'SAME_LOWER', 'VALID', 'NOTSET']) {
      const [ours, theirs] = await both({ x: signed([1, 2, 7, 6]), w: signed([3, 2, 3, 2]) }, (g) => [
        g.op('Conv', ['x', 'w'], { auto_pad, strides: [2, 1] }),
        g.op('AveragePool', ['x'], { auto_pad, kernel_shape: [3, 2], strides: [2, 1] }),
      ]);
      expect(ours).toEqual(theirs);
    }
  });

  it('for shapes computed in the graph, as exporters write them', async () => {
    const [ours, theirs] = await both({ x: signed([2, 3, 4]) }, (g) => {
      const dims = g.op('Shape', ['x']);
      const first = g.gather(dims, g.scalar(0, 'int64'));
      const rest = g.mul(g.gather(dims, g.scalar(1, 'int64')), g.scalar(2, 'int64'));
      const target = g.concat([g.unsqueeze(first, [0]), g.unsqueeze(rest, [0]), g.ints([-1])], 0);
      const columns = g.concat([g.slice(dims, [1], [2], [0]), g.ints([-1])], 0);
      return [g.op('Reshape', ['x', target]), g.op('Reshape', ['x', columns])];
    });
    expect(ours).toEqual(theirs);
  });
});

describe('a tensor that does not fit', () => {
  const failing: readonly (readonly [string, Feeds, Build, RegExp])[] = [
    [
      'features',
      { x: signed([2, 5]), w: signed([3, 4]) },
      (g) => [g.scope('hidden', () => g.gemm('x', 'w', '', { transB: true }))],
      /Gemm in layer 'hidden': expected 4 features in the last dimension, but got 5.*float32 \[2, 5\] and float32 \[3, 4\]/,
    ],
    [
      'channels',
      { x: signed([1, 3, 4, 4]), w: signed([2, 1, 3, 3]) },
      (g) => [g.conv('x', 'w', '', [3, 3])],
      /expected 1 channels, but got 3/,
    ],
    [
      'a plane smaller than the window',
      { x: signed([1, 1, 2, 2]), w: signed([2, 1, 3, 3]) },
      (g) => [g.conv('x', 'w', '', [3, 3])],
      /spans 3 elements, but axis 2 has 2/,
    ],
    ['element types', { x: signed([2]), i: int64([2], [0, 1]) }, (g) => [g.op('Add', ['x', 'i'])], /one element type/],
    ['shapes that do not broadcast', { x: signed([2]), y: signed([3]) }, (g) => [g.add('x', 'y')], /broadcast/],
    [
      'float indices',
      { x: signed([2, 2]), i: signed([2]) },
      (g) => [g.gather('x', 'i')],
      /indices of type int32 or int64/,
    ],
    [
      'an axis outside',
      { x: signed([2, 2]) },
      (g) => [g.softmax('x', 2)],
      /axis 2 is outside a tensor of 2 dimensions/,
    ],
    ['a reshape that does not fill', { x: signed([2, 3]) }, (g) => [g.reshape('x', [4, -1])], /6 elements don't fill/],
    [
      'an operator that nobody knows',
      { x: signed([2]) },
      (g) => [g.scope('odd', () => g.op('Whirl', ['x']))],
      /'Whirl'.*/,
    ],
    [
      'a shape that depends on data',
      { x: signed([2]), s: int64([1], [2]) },
      (g) => [g.op('Reshape', ['x', 's'])],
      /must be a constant/,
    ],
  ];
  for (const [name, feeds, build, message] of failing) {
    it(`is refused: ${name}`, () => {
      const graph = graphOf(feeds, build);
      const attempt = (): unknown => inferShapes(graph, typesOf(feeds));
      expect(attempt).toThrow(message);
      expect(attempt).toThrow(EngineError);
      expect(attempt).toThrow(expect.objectContaining({ code: 'ENGINE_BUILD' }));
    });
  }

  it('is refused by name where the batch lacks an input', () => {
    const graph = graphOf({ input: signed([1]) }, (g) => [g.relu('input')]);
    expect(() => inferShapes(graph, typesOf({ image: signed([1]) }))).toThrow(/'input', but the batch has 'image'/);
  });
});
