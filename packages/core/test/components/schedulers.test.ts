import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  advanceScheduler,
  cosine,
  decode,
  encode,
  exponentialLR,
  freshScheduler,
  lambda,
  linearWarmup,
  lrAt,
  multiStepLR,
  nextLr,
  oneCycle,
  reduceOnPlateau,
  stepLR,
  type Scheduler,
} from '../../src/index.js';

/** The rates of so many epochs. */
function rates(scheduler: Scheduler, base: number, count: number, seen: readonly number[] = []): number[] {
  let state = freshScheduler(scheduler);
  const out: number[] = [];
  for (let t = 0; t < count; t++) {
    out.push(lrAt(state, base));
    state = advanceScheduler(state, { val_loss: seen[t] ?? 0 });
  }
  return out;
}

function expectClose(actual: readonly number[], expected: readonly number[], digits = 12): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(Math.abs(expected[i]!) * 10 ** -digits),
  );
}

describe('schedules follow the sequences that PyTorch documents', () => {
  test('StepLR: 0.05 before epoch 30, 0.005 before 60, 0.0005 before 90', () => {
    const lrs = rates(stepLR({ stepSize: 30 }), 0.05, 90);
    expectClose(
      [lrs[0]!, lrs[29]!, lrs[30]!, lrs[59]!, lrs[60]!, lrs[89]!],
      [0.05, 0.05, 0.005, 0.005, 0.0005, 0.0005],
    );
  });

  test('MultiStepLR: milestones 30 and 80, in whatever order they are given', () => {
    const lrs = rates(multiStepLR({ milestones: [80, 30], gamma: 0.1 }), 0.05, 100);
    expectClose([lrs[29]!, lrs[30]!, lrs[79]!, lrs[80]!, lrs[99]!], [0.05, 0.005, 0.005, 0.0005, 0.0005]);
  });

  test('ExponentialLR: each epoch the rate before it, times gamma', () => {
    const lrs = rates(exponentialLR({ gamma: 0.95 }), 0.1, 50);
    for (let t = 1; t < 50; t++) expect(lrs[t]! / lrs[t - 1]!).toBeCloseTo(0.95, 12);
  });

  test("CosineAnnealingLR: PyTorch's recursion, down to etaMin at tMax", () => {
    const [tMax, etaMin, base] = [12, 1e-3, 0.2];
    const expected = [base];
    for (let t = 1; t <= tMax; t++) {
      const ratio = (1 + Math.cos((Math.PI * t) / tMax)) / (1 + Math.cos((Math.PI * (t - 1)) / tMax));
      expected.push(etaMin + (expected[t - 1]! - etaMin) * ratio);
    }
    expectClose(rates(cosine({ tMax, etaMin }), base, tMax + 1), expected, 10);
    expect(expected[tMax]).toBeCloseTo(etaMin, 12);
  });

  test('LinearLR: 0.025, 0.03125, 0.0375, 0.04375, then 0.05', () => {
    expectClose(
      rates(linearWarmup({ steps: 4, startFactor: 0.5 }), 0.05, 6),
      [0.025, 0.03125, 0.0375, 0.04375, 0.05, 0.05],
    );
  });

  test('LambdaLR: the function of the epoch, times the base', () => {
    expectClose(
      rates(
        lambda((t) => 0.95 ** t),
        0.1,
        4,
      ),
      [0.1, 0.095, 0.09025, 0.0857375],
    );
  });

  test('OneCycleLR: up to maxLr in the first 30 %, down to almost nothing, and then it stays', () => {
    const cycle = oneCycle({ maxLr: 0.1, totalSteps: 10 });
    const down = (k: number): number => 4e-7 + ((0.1 - 4e-7) * (1 + Math.cos((Math.PI * k) / 7))) / 2;
    const expected = [0.004, 0.052, 0.1, down(1), down(2), down(3), down(4), down(5), down(6), 4e-7, 4e-7, 4e-7];
    expectClose(rates(cycle, 123, 12), expected, 9);
    expectClose(rates(oneCycle({ maxLr: 0.1, totalSteps: 10, anneal: 'linear' }), 1, 3), [0.004, 0.052, 0.1]);
  });
});

test('oneCycle stays between its last rate and maxLr, for any length and any part that rises', () => {
  const given = fc.record({
    totalSteps: fc.integer({ min: 1, max: 40 }),
    pctStart: fc.constantFrom(0, 0.1, 0.25, 0.3, 0.5, 1),
  });
  fc.assert(
    fc.property(given, fc.constantFrom('cos' as const, 'linear' as const), (options, anneal) => {
      const lrs = rates(oneCycle({ maxLr: 1, ...options, anneal }), 5, options.totalSteps + 3);
      for (const lr of lrs) expect(lr >= 4e-6 - 1e-12 && lr <= 1 + 1e-12).toBe(true);
    }),
  );
});

describe('reduceOnPlateau', () => {
  test('bears `patience` bad epochs, and reduces at the next one', () => {
    const lrs = rates(reduceOnPlateau({ patience: 2 }), 1, 8, [5, 5, 5, 5, 5, 5, 5, 5]);
    expectClose(lrs, [1, 1, 1, 1, 0.1, 0.1, 0.1, 0.01]);
  });

  test('goes no lower than minLr, and never raises a rate that is lower', () => {
    const plateau = reduceOnPlateau({ patience: 0, minLr: 0.05 });
    expectClose(rates(plateau, 1, 5, [1, 1, 1, 1, 1]), [1, 1, 0.1, 0.05, 0.05]);
    expectClose(rates(plateau, 0.01, 4, [1, 1, 1, 1]), [0.01, 0.01, 0.01, 0.01]);
  });

  test('leaves out a reduction by no more than eps, which is 1e-8', () => {
    const seen = [1, 1, 1, 1, 1];
    expectClose(rates(reduceOnPlateau({ patience: 0 }), 1e-6, 5, seen), [1e-6, 1e-6, 1e-7, 1e-8, 1e-8]);
    expectClose(rates(reduceOnPlateau({ patience: 0, eps: 0 }), 1e-6, 5, seen), [1e-6, 1e-6, 1e-7, 1e-8, 1e-9]);
    expectClose(rates(reduceOnPlateau({ patience: 0, eps: 0.5 }), 1, 4, [1, 1, 1, 1]), [1, 1, 0.1, 0.1]);
  });

  test("agrees with PyTorch's ReduceLROnPlateau.step on any sequence", () => {
    const value = fc.oneof(fc.double({ min: -2, max: 2, noNaN: true }), fc.constantFrom(0, 1, Number.NaN));
    const options = fc.record({
      mode: fc.constantFrom('min' as const, 'max' as const),
      thresholdMode: fc.constantFrom('rel' as const, 'abs' as const),
      patience: fc.nat(3),
      cooldown: fc.nat(3),
      threshold: fc.constantFrom(0, 1e-4, 0.1),
    });
    fc.assert(
      fc.property(options, fc.array(value, { maxLength: 60 }), (given, values) => {
        const expected = pytorchPlateau(given, values, 1);
        expectClose(rates(reduceOnPlateau({ ...given, factor: 0.5 }), 1, values.length, values), expected, 9);
      }),
    );
  });

  test('says what there is to look at when its monitor is missing', () => {
    const state = freshScheduler(reduceOnPlateau({ monitor: 'val_accuracy' }));
    expect(() => advanceScheduler(state, { train_loss: 1 })).toThrow(/val_accuracy.*\[INVALID_OPTION\]/s);
  });
});

describe('a schedule is a pure function of recipe, base rate and count', () => {
  const all: readonly Scheduler[] = [
    stepLR({ stepSize: 3 }),
    multiStepLR({ milestones: [2, 5] }),
    exponentialLR({ gamma: 0.9 }),
    cosine({ tMax: 7 }),
    linearWarmup({ steps: 5 }),
    oneCycle({ maxLr: 1, totalSteps: 9 }),
    reduceOnPlateau({ patience: 1 }),
  ];

  test.each(all.map((each) => [each.kind, each] as const))(
    '%s goes on from a recorded state to the last bit',
    (_, scheduler) => {
      const seen = [3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1];
      const uninterrupted = rates(scheduler, 0.3, 12, seen);
      let state = freshScheduler(scheduler);
      seen.forEach((value, t) => {
        expect(lrAt(state, 0.3)).toBe(uninterrupted[t]);
        const recorded = decode(encode(state.state)) as typeof state.state;
        state = advanceScheduler({ recipe: scheduler, state: recorded }, { val_loss: value });
      });
    },
  );

  test('the step scheduler works on what the epoch scheduler makes of the base', () => {
    let epoch = freshScheduler(stepLR({ stepSize: 1, gamma: 0.5 }));
    let step = freshScheduler(linearWarmup({ steps: 2, startFactor: 0.5 }));
    expect(nextLr(0.8, epoch, step)).toBeCloseTo(0.4, 15);
    step = advanceScheduler(step, {});
    expect(nextLr(0.8, epoch, step)).toBeCloseTo(0.6, 15);
    epoch = advanceScheduler(epoch, {});
    expect(nextLr(0.8, epoch, step)).toBeCloseTo(0.3, 15);
    expect(nextLr(0.8, null, null)).toBe(0.8);
  });

  test('a lambda that gives no number is refused with where it happened', () => {
    const state = freshScheduler(lambda((t) => Math.log(t)));
    expect(() => lrAt(state, 0.1)).toThrow(/the factor at 0 .*-Infinity/);
  });
});

/** `torch.optim.lr_scheduler.ReduceLROnPlateau.step` in other words: the rate in use at each of the values. */
function pytorchPlateau(
  given: { mode: 'min' | 'max'; thresholdMode: 'rel' | 'abs'; patience: number; cooldown: number; threshold: number },
  values: readonly number[],
  base: number,
): number[] {
  const { mode, thresholdMode, patience, cooldown, threshold } = given;
  let [lr, best, bad, counter] = [base, mode === 'min' ? Infinity : -Infinity, 0, 0];
  const isBetter = (a: number): boolean => {
    if (mode === 'min' && thresholdMode === 'rel') return a < best * (1 - threshold);
    if (mode === 'min') return a < best - threshold;
    return thresholdMode === 'rel' ? a > best * (threshold + 1) : a > best + threshold;
  };
  return values.map((value) => {
    const used = lr;
    if (isBetter(value)) {
      best = value;
      bad = 0;
    } else bad += 1;
    if (counter > 0) {
      counter -= 1;
      bad = 0;
    }
    if (bad > patience) {
      if (lr * 0.5 < lr - 1e-8) lr *= 0.5;
      counter = cooldown;
      bad = 0;
    }
    return used;
  });
}
