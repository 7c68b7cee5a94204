import type { Tensor } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { differentiate } from '../../src/graph/differentiate.js';
import type { GraphBuilder } from '../../src/graph/builder.js';
import { lower } from '../../src/graph/lower.js';
import { prune } from '../../src/graph/prune.js';
import { ShapedBuilder } from '../../src/graph/shaped-builder.js';
import { compile, float32, gradientsOf, graphOf, int64, random, sameBits, typesOf } from './harness.js';
import type { Feeds } from './harness.js';

const next = random(8);
const feeds: Feeds = {
  x: float32([4, 3], next),
  w: float32([2, 3], next),
  v: float32([2, 2], next),
  i: int64([4], [0, 1, 1, 0]),
};

function shaped(
  build: (g: GraphBuilder) => readonly string[],
  given: Feeds = feeds,
): { g: ShapedBuilder; outputs: readonly string[] } {
  const { graph, types } = lower(graphOf(given, build), typesOf(given), 'train');
  return { g: new ShapedBuilder(graph, types), outputs: graph.outputs };
}

describe('differentiate', () => {
  it('adds no node for what is not wanted: inputs, and layers before the first wanted parameter', () => {
    const { g, outputs } = shaped((b) => [b.reduceSum(b.gemm(b.relu(b.gemm('x', 'w', '', { transB: true })), 'v'))]);
    const before = g.build([]).nodes.length;
    const gradients = differentiate(g, outputs[0] as string, ['v']);
    const added = prune(g.build([...gradients.values()])).nodes.filter(
      (node) => !g.build([]).nodes.slice(0, before).includes(node),
    );
    expect(added.map(({ op }) => op)).toEqual(['Expand', 'Gemm']);
    expect(g.build([]).nodes).toHaveLength(before + 2);
  });

  it('gives no entry for what the loss does not depend on', () => {
    const { g, outputs } = shaped((b) => [b.reduceSum(b.gemm('x', 'w', '', { transB: true }))]);
    expect([...differentiate(g, outputs[0] as string, ['w', 'v']).keys()]).toEqual(['w']);
  });

  it('stops at comparisons, indices and integers', () => {
    const { g, outputs } = shaped((b) => {
      const compared = b.cast(b.greater('w', 0), 'float32');
      const whole = b.cast(b.cast('w', 'int64'), 'float32');
      return [b.reduceSum(b.add(b.add(compared, whole), b.cast(b.argMax('w', 1, true), 'float32')))];
    });
    expect(differentiate(g, outputs[0] as string, ['w']).size).toBe(0);
  });

  it('names the operator and its layer where no rule is known', () => {
    const { g, outputs } = shaped((b) => [b.scope('odd', () => b.op('ReduceProd', ['w'], { keepdims: 0 }))]);
    expect(() => differentiate(g, outputs[0] as string, ['w'])).toThrow(
      /No gradient is known for ReduceProd in layer 'odd'/,
    );
    expect(() => differentiate(g, outputs[0] as string, ['w'])).toThrow(
      expect.objectContaining({ code: 'NO_GRADIENT', op: 'ReduceProd', layer: 'odd' }),
    );
    expect(differentiate(g, outputs[0] as string, ['v']).size).toBe(0);
  });

  it('refuses a loss that is no number', () => {
    const { g, outputs } = shaped((b) => [b.relu('w')]);
    expect(() => differentiate(g, outputs[0] as string, ['w'])).toThrow(
      /one float number, but this one is float32 \[2, 3\]/,
    );
  });

  it('gives the first of equal maxima the whole gradient, whatever the windows', async () => {
    for (const window of [{ strides: [2, 2] }, { strides: [2, 2], pads: [0, 0, 1, 1] }]) {
      const flat = { x: float32([1, 1, 4, 4], () => 1) };
      const { gradients, projections } = await gradientsOf(flat, ['x'], (g) => [g.maxPool('x', [2, 2], window)]);
      const [r00, r01, r10, r11] = (projections[0] as Tensor).data;
      const wanted = [r00, 0, r01, 0, 0, 0, 0, 0, r10, 0, r11, 0, 0, 0, 0, 0];
      expect(Array.from(gradients[0]?.data as Float32Array, (value) => value + 0)).toEqual(wanted);
    }
  });

  it('gives the first of equal maxima the whole gradient of a row, too', async () => {
    const flat = { x: float32([1, 1, 5], () => 1) };
    const { gradients, projections } = await gradientsOf(flat, ['x'], (g) => [g.maxPool('x', [2], { strides: [2] })]);
    const [r0, r1] = (projections[0] as Tensor).data;
    expect(Array.from(gradients[0]?.data as Float32Array)).toEqual([r0, 0, r1, 0, 0]);
  });

  it('is the closed form for softmax cross-entropy: (softmax − target) · xᵀ / n', async () => {
    const { g, outputs } = shaped((b) => {
      const logp = b.logSoftmax(b.gemm('x', 'w', '', { transB: true }), 1);
      return [b.neg(b.reduceMean(b.gatherElements(logp, b.unsqueeze('i', [1]), 1)))];
    });
    const gradient = differentiate(g, outputs[0] as string, ['w']).get('w') as string;
    const [found] = await (await compile(prune(g.build([gradient])), g.types)).run(feeds);
    const [x, w, labels] = [feeds['x']?.data, feeds['w']?.data, feeds['i']?.data] as [
      Float32Array,
      Float32Array,
      BigInt64Array,
    ];
    const wanted = new Float64Array(6);
    for (let row = 0; row < 4; row++) {
      const logits = [0, 1].map((c) =>
        [0, 1, 2].reduce((sum, k) => sum + (x[row * 3 + k] as number) * (w[c * 3 + k] as number), 0),
      );
      const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
      for (const c of [0, 1]) {
        const d = (Math.exp(logits[c] as number) / total - (Number(labels[row]) === c ? 1 : 0)) / 4;
        for (let k = 0; k < 3; k++) wanted[c * 3 + k] = (wanted[c * 3 + k] as number) + d * (x[row * 3 + k] as number);
      }
    }
    for (const [at, value] of wanted.entries()) expect(Number(found?.data[at])).toBeCloseTo(value, 6);
  });

  it('sums a thousand gradients of one embedding row without losing one, on 2 threads, every time', async () => {
    const rows = 2000;
    const many = {
      x: float32([150, 8], next),
      i: int64(
        [rows],
        Array.from({ length: rows }, (_, at) => at % 3),
      ),
    };
    const runs = [];
    for (let round = 0; round < 5; round++) runs.push(await gradientsOf(many, ['x'], (g) => [g.gather('x', 'i')], 2));
    const r = runs[0]?.projections[0]?.data as Float32Array;
    const wanted = new Float64Array(150 * 8);
    for (let at = 0; at < rows * 8; at++) {
      const to = (Math.floor(at / 8) % 3) * 8 + (at % 8);
      wanted[to] = (wanted[to] as number) + (r[at] as number);
    }
    for (const { gradients } of runs) {
      const found = gradients[0]?.data as Float32Array;
      expect(sameBits(found, runs[0]?.gradients[0]?.data as Float32Array)).toBe(true);
      for (const [at, value] of wanted.entries()) expect(Math.abs((found[at] as number) - value)).toBeLessThan(1e-2);
    }
  });
});
