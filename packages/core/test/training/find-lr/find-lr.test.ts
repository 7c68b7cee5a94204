import { describe, expect, test } from 'vitest';
import { decode, encode, parseFindLrOptions, type Plain, sgd } from '../../../src/index.js';
import { findLr } from '../../../src/training/find-lr/find-lr.js';
import { Sweep } from '../../../src/training/find-lr/lr-sweep.js';
import { context, linearNet, snapshot } from '../linear-net.js';
import { line, trainingState } from '../support.js';

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
    [{ sweep: 'cosine' }, /sweep must be "exponential" or "linear"/],
    [{ smoothing: 1 }, /smoothing must be a finite number at least 0 and below 1/],
    [{ stopFactor: 1 }, /stopFactor must be a finite number above 1, or null/],
    [{ stopFactor: Infinity }, /stopFactor must be a finite number above 1, or null/],
  ])('refuses %o', (options, message) => {
    expect(() => parseFindLrOptions(options)).toThrow(message);
  });
});

describe('a loss with one parameter, (w − 3)²', () => {
  // Its second derivative is 2: gradient descent multiplies the error by 1 − 2 lr, so the loss falls at rates below 1 and grows beyond.
  const data = line([1], 2, 1);
  const options = { freeze: ['b'], batchSize: 1, minLr: 0.01 };
  const lossesAt = (lrs: Iterable<number>): readonly number[] => {
    let error = 3;
    return Array.from(lrs, (lr) => {
      const loss = error * error;
      error *= 1 - 2 * lr;
      return loss;
    });
  };

  test('in a linear sweep the rates are evenly apart, and each loss is what the rates before it lead to', async () => {
    const plan = { ...options, sweep: 'linear', maxLr: 0.59, steps: 30, smoothing: 0 } as const;
    const curve = await findLr(context(linearNet()), trainingState(), data, parseFindLrOptions(plan));
    expect(curve.sweep).toBe('linear');
    expect(curve.lrs).toHaveLength(30);
    curve.lrs.forEach((lr, i) => expect(lr).toBeCloseTo(0.01 + 0.02 * i, 12));
    const expected = lossesAt(curve.lrs);
    curve.losses.forEach((loss, i) => expect(loss).toBeCloseTo(expected[i]!, 10));
  });

  test.each([
    { sweep: 'exponential', stopFactor: 4 },
    { sweep: 'exponential', stopFactor: 1.5 },
    { sweep: 'linear', stopFactor: 10 },
  ] as const)(
    'without smoothing, $sweep, it stops at the first loss above $stopFactor times the lowest',
    async (how) => {
      const plan = { ...options, ...how, minLr: 0.7, maxLr: 3, steps: 40, smoothing: 0 } as const;
      const curve = await findLr(context(linearNet()), trainingState(), data, parseFindLrOptions(plan));
      const planned = Array.from({ length: 40 }, (_, i) =>
        how.sweep === 'linear' ? 0.7 + (2.3 * i) / 39 : 0.7 * (3 / 0.7) ** (i / 39),
      );
      const expected = lossesAt(planned);
      const lowest = expected.findIndex((loss, i) => expected[i + 1]! > loss);
      const end = expected.findIndex((loss, i) => i > lowest && loss > how.stopFactor * expected[lowest]!);
      expect(curve.stopped).toBe('diverged');
      expect(curve.losses).toHaveLength(end + 1);
      // The lowest loss was met at the first rate beyond 1.
      const at = curve.losses.indexOf(Math.min(...curve.losses));
      expect(curve.lrs[at]).toBeGreaterThan(1);
      expect(curve.lrs[at - 1]).toBeLessThanOrEqual(1);
    },
  );

  test('with null it goes on to its end, whatever the loss', async () => {
    const plan = { ...options, minLr: 0.7, maxLr: 3, steps: 40, stopFactor: null };
    const curve = await findLr(context(linearNet()), trainingState(), data, parseFindLrOptions(plan));
    expect(curve.stopped).toBe('steps');
    expect(curve.losses).toHaveLength(40);
    expect(curve.losses.at(-1)!).toBeGreaterThan(1e6 * Math.min(...curve.losses));
  });

  test.each([0, 0.5, 0.9])('smoothing by %f is that exponential mean, freed of its bias', async (smoothing) => {
    const plan = { ...options, maxLr: 0.4, steps: 20, smoothing };
    const { losses, smoothed } = await findLr(context(linearNet()), trainingState(), data, parseFindLrOptions(plan));
    smoothed.forEach((value, i) => {
      const weights = Array.from({ length: i + 1 }, (_, j) => smoothing ** (i - j));
      const total = weights.reduce((a, b) => a + b, 0);
      expect(value).toBeCloseTo(weights.reduce((sum, w, j) => sum + w * losses[j]!, 0) / total, 10);
    });
  });
});

describe('a sweep that meets losses below zero', () => {
  const plan = { sweep: 'linear', minLr: 1, maxLr: 10, steps: 10, smoothing: 0, stopFactor: 4 } as const;

  test('goes on while they fall, and ends three times their size above the best', () => {
    const sweep = new Sweep(plan);
    // Up from −2 by 6 is 4, the limit.
    expect([-1, -1.5, -2, -1, 3.9, 4].map((loss) => sweep.met(loss))).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(sweep.met(4.1)).toBe(true);
    expect(sweep.diverged).toBe(true);
  });
});

describe('the state', () => {
  test.each([
    { name: 'a sweep that diverges', options: { maxLr: 100 }, stopped: 'diverged' },
    { name: 'a linear one', options: { sweep: 'linear', maxLr: 0.1 }, stopped: 'steps' },
    { name: 'one that nothing stops', options: { maxLr: 1e200, stopFactor: null }, stopped: 'diverged' },
    { name: 'frozen and clipped', options: { freeze: ['b'], clip: { norm: 1 }, maxLr: 0.1 }, stopped: 'steps' },
    { name: 'accumulating', options: { accumulate: 3, maxLr: 0.1 }, stopped: 'steps' },
  ] as const)('is the same before and after $name', async ({ options, stopped }) => {
    const net = linearNet({ w: 0.3, b: -0.1 });
    const before = snapshot(net.capture());
    const settings = parseFindLrOptions({ batchSize: 2, optimizer: sgd({ momentum: 0.9 }), ...options });
    const curve = await findLr(context(net), trainingState(), line(xs), settings);
    expect(curve.stopped).toBe(stopped);
    expect(snapshot(net.capture())).toEqual(before);
  });

  test('is the same where a signal stops the sweep, with its reason', async () => {
    const net = linearNet({ w: 0.3, b: -0.1 });
    const before = snapshot(net.capture());
    const controller = new AbortController();
    const reason = new Error('enough');
    const { host, ...rest } = context(net, { signal: controller.signal });
    const elapsed = (): number => {
      // The clock is read for each step's progress.
      if (net.steps.length === 7) controller.abort(reason);
      return host.elapsed();
    };
    const run = findLr({ ...rest, host: { ...host, elapsed } }, trainingState(), line(xs), parseFindLrOptions({}));
    await expect(run).rejects.toBe(reason);
    expect(net.steps).toHaveLength(7);
    expect(snapshot(net.capture())).toEqual(before);
  });
});
