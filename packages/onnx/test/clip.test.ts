import { describe, expect, it } from 'vitest';
import { clipGradients } from '../src/optimizers/clip.js';

const norm = (arrays: readonly Float32Array[]): number =>
  Math.hypot(...arrays.flatMap((array) => [...array].map(Number)));

describe('clipping by the norm', () => {
  it('scales all alike where they are more together, and leaves them bit for bit where they are not', () => {
    const gradients = [Float32Array.of(3, 0, -4, 0, 0), Float32Array.of(12)];
    clipGradients({ by: 'norm', most: 13.1 }, gradients);
    expect(gradients).toEqual([Float32Array.of(3, 0, -4, 0, 0), Float32Array.of(12)]);
    clipGradients({ by: 'norm', most: 6.5 }, gradients);
    expect(norm(gradients)).toBeCloseTo(6.5, 5);
    for (const [i, expected] of [1.5, 0, -2, 0, 0].entries()) expect(gradients[0]![i]).toBeCloseTo(expected, 6);
  });

  it('counts every element, whatever the length', () => {
    for (const length of [1, 2, 3, 4, 5, 7, 1001]) {
      const gradients = [new Float32Array(length).fill(2)];
      clipGradients({ by: 'norm', most: 1 }, gradients);
      expect(norm(gradients)).toBeCloseTo(1, 5);
    }
  });

  it('scales an array once that two parameters share, and counts it for both', () => {
    const shared = Float32Array.of(3, 4);
    clipGradients({ by: 'norm', most: Math.SQRT2 }, [shared, shared]);
    expect(norm([shared])).toBeCloseTo(1, 5);
  });

  it('leaves zeros, and what is no number, as they are', () => {
    const zeros = [new Float32Array(3)];
    clipGradients({ by: 'norm', most: 1 }, zeros);
    expect(zeros).toEqual([new Float32Array(3)]);
    const broken = [Float32Array.of(1, Number.NaN)];
    clipGradients({ by: 'norm', most: 0.1 }, broken);
    expect(broken).toEqual([Float32Array.of(1, Number.NaN)]);
  });
});

it('clipping by value bounds each number on both sides', () => {
  const gradients = [Float32Array.of(-3, -0.5, 0, 0.5, 3, Number.NaN, Infinity)];
  clipGradients({ by: 'value', most: 0.5 }, gradients);
  expect(gradients).toEqual([Float32Array.of(-0.5, -0.5, 0, 0.5, 0.5, Number.NaN, 0.5)]);
});
