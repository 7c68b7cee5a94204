import { describe, expect, test } from 'vitest';
import { suggestLr } from '../../../src/training/find-lr/suggest-lr.js';

const n = 100;
const lrs = Float64Array.from({ length: n }, (_, i) => 1e-7 * (10 / 1e-7) ** (i / (n - 1)));
const curveOf = (loss: (i: number) => number, length: number = n): Float64Array =>
  Float64Array.from({ length }, (_, i) => loss(i));

/** An S that falls, with a rise at its end. */
const smooth = (i: number): number => {
  const t = i / 99;
  const rise = i > 78 ? (i - 78) / 8 : 0;
  return 2.3 - 1.9 * t * t * (3 - 2 * t) + (rise * rise * rise) / 4;
};
const wiggly = (i: number): number => smooth(i) + (((i * 37) % 11) - 5) / 100;

/**
 * Which rate each rule picks, `minimum` before it is divided by ten. From a port to Python of `valley`, `steep`, `minimum` and `slide` in fastai's
 * callback/schedule.py, given what `lr_find` gives them: `lrs[num_it // 10 : -5]`, with num_it = 100, NumPy's `gradient` spelled out.
 */
const picked = [
  { name: 'smooth', losses: curveOf(smooth), valley: 45, steep: 49, minimum: 81, slide: 57 },
  {
    name: 'wiggly, and stopped at 93 rates',
    losses: curveOf(wiggly, 93),
    valley: 68,
    steep: 49,
    minimum: 80,
    slide: 55,
  },
  {
    name: 'rising throughout',
    losses: curveOf((i) => 2 + (i * i) / 100),
    valley: 10,
    steep: 10,
    minimum: 10,
    slide: 10,
  },
  { name: 'falling throughout', losses: curveOf((i) => 2 - i / 100), valley: 51, minimum: 94, slide: 79 },
  {
    name: 'as short as the slide rule can have it',
    losses: curveOf(wiggly, 31),
    valley: 21,
    steep: 24,
    minimum: 25,
    slide: 10,
  },
];

describe('the suggestions are those of fastai', () => {
  test.each(picked)('on a curve that is $name', ({ losses, valley, steep, minimum, slide }) => {
    const found = suggestLr(lrs.subarray(0, losses.length), losses, n);
    expect(found.valley).toBe(lrs[valley]);
    if (steep !== undefined) expect(found.steep).toBe(lrs[steep]);
    expect(found.minimum).toBe(lrs[minimum]! / 10);
    expect(found.slide).toBe(lrs[slide]);
  });
});

test('a curve with a point less has no slide, and all the others', () => {
  const { slide, ...others } = suggestLr(lrs.subarray(0, 30), curveOf(wiggly, 30), n);
  expect(slide).toBeNull();
  expect(others).toEqual({ valley: lrs[19], steep: lrs[21], minimum: lrs[22]! / 10 });
});

test('a curve that is too short has none', () => {
  const none = { valley: null, steep: null, minimum: null, slide: null };
  expect(suggestLr(lrs.subarray(0, 17), curveOf(smooth, 17), n)).toEqual(none);
  expect(suggestLr(lrs.subarray(0, 0), curveOf(smooth, 0), n)).toEqual(none);
  expect(suggestLr(lrs.subarray(0, 18), curveOf(smooth, 18), n).valley).not.toBeNull();
});

test('in a linear sweep the steepest place is where the loss falls fastest over the rate itself', () => {
  // ln(1 + 50 x): its slope over x falls throughout, and over ln x it grows.
  const even = Float64Array.from({ length: n }, (_, i) => 0.01 + i / 100);
  const losses = even.map((x) => 5 - Math.log(1 + 50 * x));
  expect(suggestLr(even, losses, n, 'linear').steep).toBe(even[10]);
  expect(suggestLr(even, losses, n).steep).toBe(even[93]);
});
