import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accuracy,
  binaryAccuracy,
  f1,
  meanAbsoluteError,
  meanSquaredError,
  type Metric,
  MetricInput,
  precision,
  r2,
  recall,
  type Tensor,
  topK,
} from '../../src/index.js';

const classes = 4;

interface Sample {
  readonly scores: readonly number[];
  readonly truth: number;
}

const sample = fc.record({
  // Few distinct values, so that ties are common.
  scores: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: classes, maxLength: classes }),
  truth: fc.nat(classes - 1),
});
const epoch = fc.array(sample, { minLength: 1, maxLength: 40 });
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 });

/** The figure over an epoch that is cut into batches of these sizes. */
function over<S>(
  metric: Metric,
  samples: readonly S[],
  sizes: readonly number[],
  batch: (part: readonly S[]) => [Tensor, Tensor],
): number {
  let acc = metric.init();
  for (let from = 0, i = 0; from < samples.length; i++) {
    const part = samples.slice(from, from + sizes[i]!);
    const [output, target] = batch(part);
    acc = metric.update(acc, new MetricInput(new Map([['output', output]]), new Map([['target', target]]), 'output'));
    from += part.length;
  }
  return metric.result(acc);
}

const scoresOf = (part: readonly Sample[]): Tensor => {
  return {
    dtype: 'float32',
    shape: [part.length, classes],
    data: Float32Array.from(part.flatMap(({ scores }) => scores)),
  };
};
const indices = (part: readonly Sample[]): [Tensor, Tensor] => {
  return [
    scoresOf(part),
    { dtype: 'int32', shape: [part.length], data: Int32Array.from(part.map(({ truth }) => truth)) },
  ];
};
const bigIndices = (part: readonly Sample[]): [Tensor, Tensor] => {
  const data = BigInt64Array.from(part.map(({ truth }) => BigInt(truth)));
  return [scoresOf(part), { dtype: 'int64', shape: [part.length], data }];
};
const distributions = (part: readonly Sample[]): [Tensor, Tensor] => {
  const rows = part.flatMap(({ truth }) => Array.from({ length: classes }, (_, i) => (i === truth ? 0.7 : 0.1)));
  return [scoresOf(part), { dtype: 'float32', shape: [part.length, classes], data: Float32Array.from(rows) }];
};

const guess = ({ scores }: Sample): number => scores.indexOf(Math.max(...scores));
const count = (samples: readonly Sample[], is: (each: Sample) => boolean): number => samples.filter(is).length;

describe('metrics of classes are exact over the epoch, however it is cut', () => {
  const forms = [indices, bigIndices, distributions];
  const agrees = (make: () => Metric, naive: (samples: readonly Sample[]) => number): void => {
    fc.assert(
      fc.property(epoch, cuts, fc.constantFrom(...forms), (samples, sizes, form) => {
        expect(over(make(), samples, sizes, form)).toBeCloseTo(naive(samples), 12);
      }),
    );
  };

  test('accuracy', () => {
    agrees(accuracy, (all) => count(all, (each) => guess(each) === each.truth) / all.length);
  });

  test('topK: the first of equal scores count as larger', () => {
    const ranked = ({ scores }: Sample): number[] =>
      scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
    agrees(
      () => topK(2),
      (all) => count(all, (each) => ranked(each).slice(0, 2).includes(each.truth)) / all.length,
    );
    expect(topK(5).name).toBe('top5');
  });

  const perClass = (all: readonly Sample[]) =>
    Array.from({ length: classes }, (_, c) => {
      const hits = count(all, (each) => guess(each) === c && each.truth === c);
      const predicted = count(all, (each) => guess(each) === c);
      const actual = count(all, (each) => each.truth === c);
      const p = predicted === 0 ? 0 : hits / predicted;
      const r = actual === 0 ? 0 : hits / actual;
      return {
        precision: p,
        recall: r,
        f1: p + r === 0 ? 0 : (2 * p * r) / (p + r),
        actual,
        seen: predicted + actual > 0,
      };
    });

  test.each([
    ['precision', precision],
    ['recall', recall],
    ['f1', f1],
  ] as const)('%s: macro, weighted and micro', (name, make) => {
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    agrees(make, (all) =>
      mean(
        perClass(all)
          .filter(({ seen }) => seen)
          .map((each) => each[name]),
      ),
    );
    agrees(
      () => make({ average: 'weighted' }),
      (all) => perClass(all).reduce((sum, each) => sum + each[name] * each.actual, 0) / all.length,
    );
    // With one guess a sample, every micro average is the accuracy.
    agrees(
      () => make({ average: 'micro' }),
      (all) => count(all, (each) => guess(each) === each.truth) / all.length,
    );
  });

  test('scikit-learn: the published example of macro precision, recall and F1', () => {
    const truth = [0, 1, 2, 0, 1, 2];
    const guesses = [0, 2, 1, 0, 0, 1];
    const samples = truth.map((t, i) => ({ truth: t, scores: [0, 1, 2, 3].map((c) => (c === guesses[i] ? 1 : 0)) }));
    expect(over(precision(), samples, [4, 2], indices)).toBeCloseTo(0.2222, 4);
    expect(over(recall(), samples, [4, 2], indices)).toBeCloseTo(0.3333, 4);
    expect(over(f1(), samples, [4, 2], indices)).toBeCloseTo(0.2667, 4);
    expect(over(f1({ average: 'micro' }), samples, [4, 2], indices)).toBeCloseTo(0.3333, 4);
  });
});

describe('metrics of yes-or-no outputs', () => {
  const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));
  const pairs = fc.array(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.boolean()), { minLength: 1, maxLength: 40 });
  type Pair = readonly [number, boolean];
  const batch =
    (value: (n: number) => number) =>
    (part: readonly Pair[]): [Tensor, Tensor] => [
      { dtype: 'float64', shape: [part.length, 1], data: Float64Array.from(part.map(([n]) => value(n / 10))) },
      { dtype: 'bool', shape: [part.length], data: Uint8Array.from(part.map(([, yes]) => (yes ? 1 : 0))) },
    ];

  test('logits and probabilities give the same, at any threshold', () => {
    fc.assert(
      fc.property(pairs, cuts, fc.constantFrom(0.3, 0.5, 0.77), (all, sizes, threshold) => {
        const says = ([n]: Pair): boolean => probability(n / 10) > threshold;
        const right = all.filter((each) => says(each) === each[1]).length / all.length;
        const hits = all.filter((each) => says(each) && each[1]).length;
        const said = all.filter(says).length;
        expect(
          over(
            binaryAccuracy({ threshold }),
            all,
            sizes,
            batch((n) => n),
          ),
        ).toBeCloseTo(right, 12);
        expect(over(binaryAccuracy({ threshold, fromLogits: false }), all, sizes, batch(probability))).toBeCloseTo(
          right,
          12,
        );
        const binary = precision({ average: 'binary', threshold });
        expect(
          over(
            binary,
            all,
            sizes,
            batch((n) => n),
          ),
        ).toBeCloseTo(said === 0 ? 0 : hits / said, 12);
      }),
    );
  });
});

describe('metrics of regression', () => {
  type Pair = readonly [number, number];
  const value = fc.double({ min: -100, max: 100, noNaN: true });
  const rows = fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 40 });
  const batch = (part: readonly Pair[]): [Tensor, Tensor] => [
    { dtype: 'float64', shape: [part.length, 1], data: Float64Array.from(part.map(([output]) => output)) },
    { dtype: 'float64', shape: [part.length], data: Float64Array.from(part.map(([, target]) => target)) },
  ];

  test('mae and mse are the same to the last bit, however the epoch is cut', () => {
    fc.assert(
      fc.property(rows, cuts, (all, sizes) => {
        const errors = all.map(([output, target]) => output - target);
        expect(over(meanAbsoluteError(), all, sizes, batch)).toBe(
          errors.reduce((sum, e) => sum + Math.abs(e), 0) / all.length,
        );
        expect(over(meanSquaredError(), all, sizes, batch)).toBe(
          errors.reduce((sum, e) => sum + e * e, 0) / all.length,
        );
      }),
    );
  });

  test('r2 agrees with two passes over the epoch', () => {
    fc.assert(
      fc.property(rows, cuts, (all, sizes) => {
        const mean = all.reduce((sum, [, target]) => sum + target, 0) / all.length;
        const around = all.reduce((sum, [, target]) => sum + (target - mean) ** 2, 0);
        const missed = all.reduce((sum, [output, target]) => sum + (output - target) ** 2, 0);
        fc.pre(around > 1e-3);
        const expected = 1 - missed / around;
        expect(Math.abs(over(r2(), all, sizes, batch) - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected)));
      }),
    );
  });

  test("r2: scikit-learn's published examples, far from zero as well", () => {
    const example: readonly Pair[] = [
      [2.5, 3],
      [0, -0.5],
      [2, 2],
      [8, 7],
    ];
    expect(over(r2(), example, [3, 1], batch)).toBeCloseTo(0.9486, 4);
    const far = example.map(([output, target]): Pair => [output + 2 ** 30, target + 2 ** 30]);
    expect(over(r2(), far, [1, 3], batch)).toBeCloseTo(0.9486081370449679, 6);
    const columns = (part: readonly (readonly number[])[]): [Tensor, Tensor] => [
      { dtype: 'float64', shape: [part.length, 2], data: Float64Array.from(part.flatMap(([a, b]) => [a!, b!])) },
      { dtype: 'float64', shape: [part.length, 2], data: Float64Array.from(part.flatMap(([, , a, b]) => [a!, b!])) },
    ];
    const rows2 = [
      [0, 2, 0.5, 1],
      [-1, 2, -1, 1],
      [8, -5, 7, -6],
    ];
    expect(over(r2(), rows2, [2, 1], columns)).toBeCloseTo(0.9368, 4);
  });

  test('r2 of targets that are all equal is 1 where all are met, else 0', () => {
    const exact: readonly Pair[] = [
      [1, 1],
      [1, 1],
    ];
    expect(over(r2(), exact, [2], batch)).toBe(1);
    expect(over(r2(), [...exact, [2, 1] as const], [2, 1], batch)).toBe(0);
  });
});

describe('shapes that do not fit', () => {
  const tensor = (...shape: number[]): Tensor => ({
    dtype: 'float32',
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  const update = (metric: Metric, output: Tensor, batch: ReadonlyMap<string, Tensor>) => () =>
    metric.update(metric.init(), new MetricInput(new Map([['output', output]]), batch, 'output'));

  test('are said, with what was expected', () => {
    expect(update(accuracy(), tensor(2, 1), new Map([['target', tensor(2)]]))).toThrow(
      /outputs \[n, classes\].*got outputs \[2, 1\] and targets \[2\]/,
    );
    expect(update(accuracy(), tensor(2, 3), new Map([['target', tensor(3)]]))).toThrow(/DATA_MISMATCH/);
    expect(update(meanSquaredError(), tensor(2, 2), new Map([['target', tensor(2)]]))).toThrow(/the same shape/);
    expect(update(accuracy(), tensor(2, 3), new Map([['label', tensor(2)]]))).toThrow(/the batch has label/);
  });
});
