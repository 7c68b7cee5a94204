import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axis, compact } from '../src/axis.js';

describe('a linear axis', () => {
  it('puts its lowest value at 0 and its highest at 1', () => {
    const { at } = axis([2, 8, 4], { scale: 'linear', count: 5 });
    expect([at(2), at(5), at(8)]).toEqual([0, 0.5, 1]);
  });

  it('ticks at multiples of 1, 2 or 5 times a power of ten', () => {
    const { ticks } = axis([0.03, 0.97], { scale: 'linear', count: 5, nice: true });
    expect(ticks.map(({ label }) => label)).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
  });

  it('has no tick between whole numbers when the values are counts', () => {
    const { ticks } = axis([1, 2, 3], { scale: 'linear', count: 10, integer: true });
    expect(ticks.map(({ label }) => label)).toEqual(['1', '2', '3']);
  });

  it('gives a constant, and nothing at all, an axis with a length', () => {
    expect(axis([3, 3], { scale: 'linear', count: 4 }).at(3)).toBe(0.5);
    expect(axis([], { scale: 'linear', count: 4 }).at(0.5)).toBe(0.5);
    expect(axis([Number.NaN], { scale: 'linear', count: 4 }).ticks.length).toBeGreaterThan(1);
  });

  it('does not stretch to values above its ceiling', () => {
    expect(axis([0, 1, 1e9], { scale: 'linear', count: 4, ceiling: 2 }).at(2)).toBe(1);
  });

  it('writes very large and very small ticks with exponents', () => {
    const labels = (values: number[]): string[] =>
      axis(values, { scale: 'linear', count: 3, nice: true }).ticks.map(({ label }) => label);
    expect(labels([0, 2e6])).toEqual(['0e0', '5e5', '1e6', '1.5e6', '2e6']);
    expect(labels([-4e-5, 4e-5])).toContain('-4e-5');
  });
});

describe('a logarithmic axis', () => {
  it('puts equal ratios at equal distances', () => {
    const { at } = axis([1e-6, 1e2], { scale: 'log', count: 8 });
    expect(at(1e-2)).toBeCloseTo(0.5, 12);
    expect(at(1e-4) - at(1e-6)).toBeCloseTo(at(1e2) - at(1), 12);
  });

  it('labels whole decades', () => {
    const { ticks } = axis([1e-5, 10], { scale: 'log', count: 8 });
    const labels = ticks.map(({ label }) => label).filter((label) => label !== '');
    expect(labels).toEqual(['1e-5', '1e-4', '1e-3', '1e-2', '0.1', '1', '10']);
  });

  it('is labelled also where it is a small part of a decade', () => {
    const { ticks } = axis([1.2e-3, 1.8e-3], { scale: 'log', count: 6 });
    expect(ticks.map(({ label }) => label)).toEqual([
      '1.2e-3',
      '1.3e-3',
      '1.4e-3',
      '1.5e-3',
      '1.6e-3',
      '1.7e-3',
      '1.8e-3',
    ]);
  });

  it('has no place for zero, negative values and what is not finite', () => {
    const { at } = axis([0, -1, 1, 10], { scale: 'log', count: 4 });
    expect([0, -1, Number.NaN, Number.POSITIVE_INFINITY].map((value) => at(value))).toEqual([NaN, NaN, NaN, NaN]);
    expect(at(1)).toBe(0);
  });
});

describe('every axis', () => {
  it('gives back the value at a place, and the values at its ends', () => {
    const values = fc.tuple(
      fc.double({ min: 1e-6, max: 1, noNaN: true }),
      fc.double({ min: 2, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(
        values,
        fc.constantFrom('linear', 'log'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (ends, scale, place) => {
          const { at, valueAt, domain } = axis(ends, { scale, count: 6 });
          expect(at(valueAt(place))).toBeCloseTo(place, 9);
          expect(domain).toEqual(ends);
        },
      ),
    );
  });

  it('keeps the order of values', () => {
    const values = fc.array(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(values, fc.constantFrom('linear', 'log'), fc.boolean(), (found, scale, nice) => {
        const { at } = axis(found, { scale, count: 6, nice });
        const sorted = found.toSorted((a, b) => a - b).map((value) => at(value));
        for (let i = 1; i < sorted.length; i++) expect(sorted[i]!).toBeGreaterThanOrEqual(sorted[i - 1]! - 1e-12);
        for (const place of sorted) {
          expect(place).toBeGreaterThan(-1e-9);
          expect(place).toBeLessThan(1 + 1e-9);
        }
      }),
    );
  });

  it('has rising ticks within its ends', () => {
    const range = fc.tuple(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(range, ([low, length]) => {
        const places = axis([low, low + length], { scale: 'linear', count: 6 }).ticks.map(({ at }) => at);
        expect(
          places.every((place, i) => place >= -1e-9 && place <= 1 + 1e-9 && (i === 0 || place > places[i - 1]!)),
        ).toBe(true);
      }),
    );
  });
});

it('writes numbers short', () => {
  expect([0, 0.97812345, 12, 0.0032, 1234567, -0.5].map(compact)).toEqual([
    '0',
    '0.9781',
    '12',
    '3.2e-3',
    '1.23e6',
    '-0.5',
  ]);
});
