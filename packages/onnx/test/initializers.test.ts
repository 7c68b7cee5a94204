import { describe, expect, it } from 'vitest';
import { nn } from '@reprise/onnx';
import { open, values } from './support.js';

const net = nn.sequential({
  linear: nn.linear(100, 400),
  conv: nn.conv2d(8, 64, 5, { groups: 2 }),
  norm: nn.batchNorm(16),
  words: nn.embedding(200, 50),
});

function moments(data: readonly number[]): { mean: number; variance: number } {
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  return { mean, variance: data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length };
}

describe('initial parameters', () => {
  it.each([
    ['linear.weight', 100],
    ['linear.bias', 100],
    ['conv.weight', 4 * 25],
  ])('%s fills ±1 / √fanIn evenly', async (name, fanIn) => {
    const data = values((await open(net)).initialize(3).get(name));
    const bound = 1 / Math.sqrt(fanIn);
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(bound);
    const { mean, variance } = moments(data);
    // A uniform distribution has the variance b²/3; six standard errors of mean and variance.
    expect(Math.abs(mean)).toBeLessThan((6 * bound) / Math.sqrt(3 * data.length));
    expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan((6 * Math.sqrt(0.8)) / Math.sqrt(data.length));
  });

  it('an embedding begins standard normal', async () => {
    const data = values((await open(net)).initialize(3).get('words.weight'));
    const { mean, variance } = moments(data);
    expect(Math.abs(mean)).toBeLessThan(6 / Math.sqrt(data.length));
    expect(Math.abs(variance - 1)).toBeLessThan((6 * Math.SQRT2) / Math.sqrt(data.length));
    // Kurtosis tells a normal distribution (3) from a uniform one (1.8).
    const kurtosis = data.reduce((sum, v) => sum + v ** 4, 0) / data.length / variance ** 2;
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.3);
  });

  it('a norm begins as the identity', async () => {
    const state = (await open(net)).initialize(3);
    expect(new Set(values(state.get('norm.weight')))).toEqual(new Set([1]));
    expect(new Set(values(state.get('norm.bias')))).toEqual(new Set([0]));
    expect(new Set(values(state.get('norm.running_mean')))).toEqual(new Set([0]));
    expect(new Set(values(state.get('norm.running_var')))).toEqual(new Set([1]));
  });

  it('depend on the seed and their own name alone: a layer put between changes no other', async () => {
    const before = (await open(nn.sequential({ a: nn.linear(4, 4), c: nn.linear(4, 4) }))).initialize(5);
    const after = (
      await open(nn.sequential({ a: nn.linear(4, 4), b: nn.linear(4, 4), c: nn.linear(4, 4) }))
    ).initialize(5);
    expect(after.get('c.weight')).toEqual(before.get('c.weight'));
    expect(values(after.get('a.weight'))).not.toEqual(values(after.get('b.weight')));
    expect(values((await open(nn.linear(4, 4))).initialize(6).get('linear1.weight'))).not.toEqual(
      values((await open(nn.linear(4, 4))).initialize(5).get('linear1.weight')),
    );
  });
});
