import { describe, expect, it } from 'vitest';
import { normalOf } from '../../src/rng/normal.js';

describe('normalOf', () => {
  // NormalDist().inv_cdf((word + 0.5) / 2**32) of Python 3's statistics module.
  it.each([
    [0, -6.337957754553789],
    [1, -6.166429517819749],
    [1000, -5.039851125968711],
    [21474836, -2.5758293032268607],
    [322122546, -1.4395314720898171],
    [322122547, -1.4395314704450153],
    [1500000000, -0.3873570021605431],
    [2147483647, -2.9180993729166234e-10],
    [2147483648, 2.9180993729166234e-10],
    [2500000000, 0.20720881735285793],
    [3972844749, 1.4395314720898171],
    [3972844750, 1.439531473734619],
    [4294960000, 4.645214559885494],
    [4294967295, 6.337957754553789],
  ])('is the quantile of word %i', (word, expected) => {
    expect(Math.abs(normalOf(word) - expected)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(expected)));
  });

  it('is odd around the middle', () => {
    for (const word of [0, 5, 123_456_789, 2_000_000_000]) expect(normalOf(2 ** 32 - 1 - word)).toBe(-normalOf(word));
  });
});
