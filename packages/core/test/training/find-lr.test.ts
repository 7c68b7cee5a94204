import { describe, expect, test } from 'vitest';
import { decode, encode, findLr, parseFindLrOptions, type Plain, sgd } from '../../src/index.js';
import { suggestLr } from '../../src/training/suggest-lr.js';
import { context, linearNet, snapshot } from './linear-net.js';
import { line, trainingState } from './support.js';

const xs = [-2, -1, -0.5, 0.5, 1, 1.5, 2];

describe('findLr', () => {
  test('sweeps the rates evenly on a logarithmic axis, over as many epochs as it takes', async () => {
    const net = linearNet();
    const curve = await findLr(
      context(net),
      trainingState(),
      line(xs),
      parseFindLrOptions({ minLr: 1e-5, maxLr: 1e-2, steps: 31, batchSize: 3 }),
    );
    expect(curve.lrs).toHaveLength(31);
    expect(curve.lrs[0]).toBe(1e-5);
    expect(curve.lrs[30]).toBeCloseTo(1e-2, 12);
    for (let i = 1; i < 31; i++) expect(curve.lrs[i]! / curve.lrs[i - 1]!).toBeCloseTo(10 ** 0.1, 10);
    expect(net.steps.map(({ lr }) => lr)).toEqual([...curve.lrs]);
    expect(net.steps.map(({ step }) => step)).toEqual(Array.from({ length: 31 }, (_, i) => i));
    expect(curve.stopped).toBe('steps');
  });

  test('smooths by an exponential mean that is freed of its bias', async () => {
    const { losses, smoothed } = await findLr(
      context(linearNet()),
      trainingState(),
      line(xs),
      parseFindLrOptions({ maxLr: 0.1, steps: 20 }),
    );
    smoothed.forEach((value, i) => {
      const weights = Array.from({ length: i + 1 }, (_, j) => 0.98 ** (i - j));
      const total = weights.reduce((a, b) => a + b, 0);
      expect(value).toBeCloseTo(weights.reduce((sum, w, j) => sum + w * losses[j]!, 0) / total, 10);
    });
  });

  test('stops when the smoothed loss is four times its best', async () => {
    const { smoothed, stopped, suggestion, lrs } = await findLr(
      context(linearNet()),
      trainingState(),
      line(xs),
      parseFindLrOptions({ maxLr: 100 }),
    );
    expect(stopped).toBe('diverged');
    expect(smoothed.length).toBeLessThan(100);
    const all = [...smoothed];
    const best = (n: number): number => Math.min(...all.slice(0, n));
    all.slice(1, -1).forEach((value, i) => expect(value).toBeLessThanOrEqual(4 * best(i + 1)));
    expect(all.at(-1)).toBeGreaterThan(4 * best(all.length - 1));
    expect(lrs).toContain(suggestion);
  });

  test('is plain data', async () => {
    const curve = await findLr(context(linearNet()), trainingState(), line(xs), parseFindLrOptions({}));
    expect(decode(encode(curve as unknown as Plain))).toEqual(curve);
  });

  test('leaves weights and optimizer as they were', async () => {
    for (const options of [{}, { optimizer: sgd({ momentum: 0.9 }) }, { maxLr: 1e200, steps: 10 }]) {
      const net = linearNet({ w: 0.3, b: -0.1 });
      const before = snapshot(net.capture());
      await findLr(context(net), trainingState(), line(xs), parseFindLrOptions(options));
      expect(net.steps.length).toBeGreaterThan(0);
      expect(snapshot(net.capture())).toEqual(before);
    }
  });

  test('leaves them also where it throws', async () => {
    const net = linearNet();
    const before = snapshot(net.capture());
    const data = { ...line(xs), length: 7, fingerprint: line(xs).fingerprint.bind(line(xs)) };
    const failing = {
      ...data,
      get: (indices: Uint32Array) => {
        if (net.steps.length > 1) throw new Error('disk on fire');
        return new Map(
          ['input', 'target'].map(
            (name) =>
              [
                name,
                { dtype: 'float64', shape: [indices.length], data: new Float64Array(indices.length).fill(1) },
              ] as const,
          ),
        );
      },
    };
    await expect(findLr(context(net), trainingState(), failing, parseFindLrOptions({ batchSize: 1 }))).rejects.toThrow(
      'DATA_ERROR',
    );
    expect(net.steps.length).toBeGreaterThan(0);
    expect(snapshot(net.capture())).toEqual(before);
  });

  test('a loss that is no number ends the curve before it', async () => {
    const { losses, stopped } = await findLr(
      context(linearNet()),
      trainingState(),
      line(xs),
      parseFindLrOptions({ minLr: 1e100, maxLr: 1e300, steps: 10 }),
    );
    expect(stopped).toBe('diverged');
    expect([...losses].every(Number.isFinite)).toBe(true);
  });

  test.each([
    [{ optimiser: sgd() }, /Did you mean 'optimizer'/],
    [{ minLr: 1, maxLr: 0.1 }, /maxLr must be a finite number above 1/],
    [{ steps: 1 }, /steps must be a whole number at least 2/],
    [{ optimizer: sgd }, /called: sgd\(…\)/],
  ])('refuses %o', (options, message) => {
    expect(() => parseFindLrOptions(options)).toThrow(message);
  });
});

describe('suggestions', () => {
  const n = 100;
  const lrs = Float64Array.from({ length: n }, (_, i) => 10 ** (-7 + (8 * i) / (n - 1)));

  test('of a curve that is flat, falls from point 40 to 70, and rises', () => {
    const losses = Float64Array.from({ length: n }, (_, i) =>
      i < 40 ? 2 : i <= 70 ? 2 - (i - 40) / 20 : 0.5 + (i - 70) / 10,
    );
    const { valley, steep, minimum } = suggestLr(lrs, losses, n);
    // The falling run has 31 points and ends at 70; half-way into its middle third is 15 points in.
    expect(valley).toBe(lrs[54]);
    expect(lrs.indexOf(steep!)).toBeGreaterThanOrEqual(40);
    expect(lrs.indexOf(steep!)).toBeLessThan(70);
    expect(minimum).toBeCloseTo(lrs[70]! / 10, 15);
  });

  test('of a curve that is too short there are none', () => {
    expect(suggestLr(lrs.subarray(0, 12), lrs.subarray(0, 12), n)).toEqual({
      valley: null,
      steep: null,
      minimum: null,
    });
  });
});
