import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.js';
import { lower } from '../../src/graph/lower.js';
import { compile, float32, gradientsOf, graphOf, random, typesOf } from './harness.js';

const next = random(6);

describe('lowering a dropout', () => {
  const feeds = { x: float32([3, 4], next) };
  const graph = graphOf(feeds, (g) => [g.scope('drop', () => g.dropout(g.relu('x'), 0.25))]);

  it('in training multiplies by a mask that is an input', async () => {
    const lowered = lower(graph, typesOf(feeds), 'train');
    expect(lowered.masks).toEqual([
      { name: 'drop/mask_1', layer: 'drop', p: 0.25, type: { dtype: 'float32', shape: [3, 4] } },
    ]);
    const mask = float32(
      [3, 4],
      Array.from({ length: 12 }, (_, at) => (at % 4 === 0 ? 0 : 4 / 3)),
    );
    const [out] = await (await compile(lowered.graph, lowered.types)).run({ ...feeds, 'drop/mask_1': mask });
    const wanted = Float32Array.from(
      feeds.x.data as Float32Array,
      (value, at) => Math.max(0, value) * Number(mask.data[at]),
    );
    expect(Array.from(out?.data as Float32Array)).toEqual(Array.from(wanted));
  });

  it('in evaluation is nothing', () => {
    const lowered = lower(graph, typesOf(feeds), 'eval');
    expect(lowered.masks).toEqual([]);
    expect(lowered.graph.nodes.map(({ op }) => op)).toEqual(['Relu']);
  });

  it('refuses a probability of 1', () => {
    const wrong = graphOf(feeds, (g) => [g.scope('drop', () => g.dropout('x', 1))]);
    expect(() => lower(wrong, typesOf(feeds), 'train')).toThrow(/Dropout in layer 'drop'.*below 1, not 1/);
  });
});

describe('lowering a batch normalization', () => {
  const init = { kind: 'ones', args: {} };
  const g = new GraphBuilder();
  const out = g.scope('norm', () =>
    g.batchNorm(
      g.input('x'),
      g.parameter('weight', [2], init),
      g.parameter('bias', [2], init),
      g.buffer('mean', [2], init),
      g.buffer('variance', [2], init),
      { epsilon: 1e-5, momentum: 0.1 },
    ),
  );
  const graph = g.build([out]);
  const tensors = {
    x: float32([3, 2, 2], next),
    'norm.weight': float32([2], [1.5, 0.5]),
    'norm.bias': float32([2], [0.25, -1]),
    'norm.mean': float32([2], [0.1, -0.2]),
    'norm.variance': float32([2], [2, 3]),
  };
  const inputs = new Map([['x', { dtype: 'float32', shape: [3, 2, 2] }]] as const);
  const channel = (c: number): number[] =>
    Array.from(tensors.x.data as Float32Array).filter((_, at) => Math.floor(at / 2) % 2 === c);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0);

  it("in training uses the batch's statistics, and moves the running ones as PyTorch does", async () => {
    const lowered = lower(graph, inputs, 'train');
    const moved = ['norm.mean', 'norm.variance'].map((name) => lowered.buffers.get(name) as string);
    const program = await compile({ ...lowered.graph, outputs: [...lowered.graph.outputs, ...moved] }, lowered.types);
    const [y, runningMean, runningVariance] = (await program.run(tensors)).map(({ data }) =>
      Array.from(data as Float32Array),
    );
    for (const c of [0, 1]) {
      const values = channel(c);
      expect(runningMean?.[c]).toBeCloseTo(0.9 * Number(tensors['norm.mean'].data[c]) + 0.1 * mean(values), 6);
      expect(runningVariance?.[c]).toBeCloseTo(
        0.9 * Number(tensors['norm.variance'].data[c]) + (0.1 * squares(values)) / (values.length - 1),
        6,
      );
      const deviation = Math.sqrt(squares(values) / values.length + 1e-5);
      const wanted = values.map(
        (value) =>
          ((value - mean(values)) / deviation) * Number(tensors['norm.weight'].data[c]) +
          Number(tensors['norm.bias'].data[c]),
      );
      const found = y?.filter((_, at) => Math.floor(at / 2) % 2 === c);
      for (const [at, value] of wanted.entries()) expect(found?.[at]).toBeCloseTo(value, 5);
    }
  });

  it('in evaluation uses the running statistics and moves nothing', async () => {
    const lowered = lower(graph, inputs, 'eval');
    expect(lowered.buffers.size).toBe(0);
    const [y] = await (await compile(lowered.graph, lowered.types)).run(tensors);
    const x = Number(tensors.x.data[0]);
    expect(Number(y?.data[0])).toBeCloseTo(((x - 0.1) / Math.sqrt(2 + 1e-5)) * 1.5 + 0.25, 6);
  });

  it('refuses a batch with one value a channel', () => {
    const features = new GraphBuilder();
    const x = features.input('x');
    const one = features.batchNorm(
      x,
      ...(['a', 'b', 'c', 'd'].map((name) => features.parameter(name, [2], init)) as [string, string, string, string]),
      { epsilon: 1e-5, momentum: 0.1 },
    );
    const single = new Map([['x', { dtype: 'float32', shape: [1, 2] }]] as const);
    expect(() => lower(features.build([one]), single, 'train')).toThrow(/at least 2 values a channel/);
  });
});

describe('lowering a pool of an activation', () => {
  const half = (): number => Math.round(next() * 4) / 4;
  const feeds = { x: float32([2, 3, 5, 6], half), b: float32([3, 1, 1], half) };
  const build = (g: GraphBuilder): string => g.maxPool(g.relu(g.add('x', 'b')), [2, 2], { strides: [2, 2] });

  it('pools first in training, with the same values and gradients, ties included', async () => {
    const graph = graphOf(feeds, (g) => [build(g)]);
    const ops = (mode: 'train' | 'eval'): readonly string[] =>
      lower(graph, typesOf(feeds), mode).graph.nodes.map(({ op }) => op);
    expect(ops('train')).toEqual(['Add', 'MaxPool', 'Relu']);
    expect(ops('eval')).toEqual(['Add', 'Relu', 'MaxPool']);
    // A second reader of the activation keeps the order; scaled by 0, it changes no gradient.
    const kept = (g: GraphBuilder): string => {
      const active = g.relu(g.add('x', 'b'));
      return g.add(g.maxPool(active, [2, 2], { strides: [2, 2] }), g.mul(g.reduceSum(active), 0));
    };
    const [swapped, original] = [
      await gradientsOf(feeds, ['x', 'b'], (g) => [build(g)]),
      await gradientsOf(feeds, ['x', 'b'], (g) => [kept(g)]),
    ];
    expect(swapped.gradients).toEqual(original.gradients);
  });
});

describe('what depends on shapes alone', () => {
  it('becomes constant', () => {
    const feeds = { x: float32([2, 6], next) };
    const graph = graphOf(feeds, (g) => [
      g.op('Reshape', ['x', g.concat([g.slice(g.op('Shape', ['x']), [0], [1], [0]), g.ints([3, -1])], 0)]),
    ]);
    expect(lower(graph, typesOf(feeds), 'train').graph.nodes.map(({ op }) => op)).toEqual(['Reshape']);
  });
});
