import { describe, expect, test } from 'vitest';
import {
  mse,
  meanSquaredError,
  metric,
  objectives,
  parseEvaluateOptions,
  parseFindLrOptions,
  parseTrainOptions,
  reduceOnPlateau,
  sgd,
  type StepFunction,
  trainingStep,
} from '../../../src/index.js';
import { evaluate } from '../../../src/training/evaluate/evaluate.js';
import { findLr } from '../../../src/training/find-lr/find-lr.js';
import { train } from '../../../src/training/train.js';
import { context, linearNet, numbers, snapshot } from '../linear-net.js';
import { line, trainingState } from '../support.js';

const xs = [-2, -1, -0.5, 0.5, 1, 1.5, 2];
const data = { train: line(xs), validation: null };
const lr = 0.05;

/** y = w · x + b, of which one objective has the slope and the other the rest, both with the same loss. */
const loss = objectives({
  slope: { loss: mse(), parameters: ['w'] },
  offset: { loss: mse(), parameters: ['b'] },
});
const names = ['slope', 'offset'];

const settings = (options: object, validation = false) =>
  parseTrainOptions({ epochs: 2, batchSize: 3, shuffle: false, ...options }, { validation, objectives: names });

async function trained(options: object, given: object = {}) {
  const net = linearNet();
  const state = trainingState({ loss, optimizer: sgd({ lr }), ...given });
  const { result, state: after } = await train(context(net), state, data, settings(options));
  return { net, result, after, end: numbers(net.capture().net) };
}

/** The loss and the gradients at some parameters, on some points of y = 2x + 1. */
function at(w: number, b: number, points: readonly number[]): { loss: number; gw: number; gb: number } {
  const errors = points.map((x) => w * x + b - (2 * x + 1));
  const mean = (each: readonly number[]): number => each.reduce((sum, value) => sum + value, 0) / points.length;
  return {
    loss: mean(errors.map((e) => e * e)),
    gw: mean(errors.map((e, i) => 2 * e * points[i]!)),
    gb: mean(errors.map((e) => 2 * e)),
  };
}

const batches = [xs.slice(0, 3), xs.slice(3, 6), xs.slice(6)];

/** A step as a function, whose source is none of the test's business. */
const step = (run: StepFunction) => trainingStep(run, { key: 'a step' });

describe('objectives', () => {
  test('are minimised in turn, each on its own parameters, seeing the updates before it', async () => {
    const { end, result, after, net } = await trained({});
    let [w, b] = [0, 0];
    for (let epoch = 0; epoch < 2; epoch++) {
      const sums = { slope: 0, offset: 0 };
      for (const points of batches) {
        const first = at(w, b, points);
        w -= lr * first.gw;
        const second = at(w, b, points);
        b -= lr * second.gb;
        sums.slope += first.loss * points.length;
        sums.offset += second.loss * points.length;
      }
      const scores = result.history[epoch]!.train;
      expect(scores['slope_loss']).toBeCloseTo(sums.slope / 7, 12);
      expect(scores['offset_loss']).toBeCloseTo(sums.offset / 7, 12);
      expect(scores.loss).toBeCloseTo((sums.slope + sums.offset) / 7, 12);
    }
    expect(end['w']).toBeCloseTo(w, 12);
    expect(end['b']).toBeCloseTo(b, 12);
    expect(after.loop).toEqual({ epoch: 2, step: 6 });
    expect(net.specs.map(({ frozen }) => frozen)).toEqual([['b'], ['w']]);
    // Each pass of a step has random streams of its own.
    expect(net.steps.slice(0, 4).map((each) => [each.step, each.part])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
  });

  test('have each its loss in scores, and their sum, in validation and evaluation too', async () => {
    const net = linearNet({ w: 1, b: 0 });
    const state = trainingState({ loss });
    const given = { train: line(xs), validation: line([1, 3]) };
    const { result } = await train(
      context(net),
      state,
      given,
      settings({ watch: 'offset_loss', loadBest: true }, true),
    );
    const expected = at(1, 0, [1, 3]).loss;
    expect(result.initial).toEqual({ loss: 2 * expected, slope_loss: expected, offset_loss: expected });
    expect(Object.keys(result.history[0]!.val!)).toEqual(['loss', 'slope_loss', 'offset_loss']);
    expect(result.best!.value).toBe(Math.min(...result.history.map(({ val }) => val!['offset_loss']!)));
    const evaluated = await evaluate(context(linearNet({ w: 1, b: 0 })), state, line([1, 3]), parseEvaluateOptions({}));
    expect(evaluated).toEqual(result.initial);
    const alone = parseEvaluateOptions({ loss: mse() });
    expect(await evaluate(context(linearNet({ w: 1, b: 0 })), state, line([1, 3]), alone)).toEqual({ loss: expected });
  });

  test('can be monitored by name', async () => {
    const plateau = reduceOnPlateau({
      monitor: 'train_slope_loss',
      patience: 0,
      factor: 0.5,
      threshold: 1e9,
      thresholdMode: 'abs',
    });
    const { result } = await trained({ epochs: 3 }, { epochScheduler: plateau });
    // The first value is better than none; the others are not by so much.
    expect(result.history.map((each) => each.lr)).toEqual([lr, lr, lr / 2]);
  });

  test('have their whole parameters frozen where it is asked, and are told all the same', async () => {
    const { end, result } = await trained({ freeze: ['w'] });
    expect(end['w']).toBe(0);
    expect(end['b']).not.toBe(0);
    expect(result.history[0]!.train['slope_loss']).toBeGreaterThan(0);
  });

  test('are swept by their sum', async () => {
    const options = parseFindLrOptions({ steps: 2, batchSize: 7, shuffle: false, minLr: 1e-3, maxLr: 1e-2 });
    const curve = await findLr(context(linearNet()), trainingState({ loss }), data.train, options);
    const first = at(0, 0, xs);
    const second = at(-1e-3 * first.gw, 0, xs);
    expect(curve.losses[0]).toBeCloseTo(first.loss + second.loss, 12);
  });

  test('are refused beside what they can not be beside of', async () => {
    expect(() => settings({ accumulate: 2 })).toThrow(
      /accumulate is for a step of one loss, and stands beside objectives/,
    );
    const findIt = findLr(
      context(linearNet()),
      trainingState({ loss }),
      data.train,
      parseFindLrOptions({ accumulate: 2 }),
    );
    await expect(findIt).rejects.toThrow(/findLr\(\): accumulate is for a step of one loss/);
    const clash = metric('slope_loss', { mode: 'min', init: () => 0, update: (acc) => acc, result: (acc) => acc });
    expect(() => settings({ metrics: [clash] })).toThrow(
      /'slope_loss' has the name of the loss of the objective 'slope'/,
    );
    const evaluating = evaluate(
      context(linearNet()),
      trainingState({ loss }),
      data.train,
      parseEvaluateOptions({ metrics: [clash] }),
    );
    await expect(evaluating).rejects.toThrow(/evaluate\(\): the metric 'slope_loss'/);
    expect(() => settings({ watch: 'slop_loss' }, true)).toThrow(/perhaps 'slope_loss'/);
    const overlapping = objectives({ a: { loss: mse(), parameters: ['*'] }, b: { loss: mse(), parameters: ['b'] } });
    await expect(trained({}, { loss: overlapping })).rejects.toThrow(/train\(\): objectives\(\): both 'a' and 'b'/);
  });
});

describe('a training step of one’s own', () => {
  test('says what is minimised, and in what order', async () => {
    const { end } = await trained({
      step: step(async (s) => {
        await s.minimize('offset');
        if (s.step % 2 === 1) await s.minimize('slope');
      }),
    });
    let [w, b] = [0, 0];
    [...batches, ...batches].forEach((points, i) => {
      b -= lr * at(w, b, points).gb;
      if (i % 2 === 1) w -= lr * at(w, b, points).gw;
    });
    expect(end['w']).toBeCloseTo(w, 12);
    expect(end['b']).toBeCloseTo(b, 12);
  });

  test('is told where it is, and what it learns from', async () => {
    const seen: unknown[] = [];
    await trained({
      step: step(async (s) => {
        seen.push([s.epoch, s.step, [...s.batch.get('input')!.data]]);
        await s.minimize('slope');
      }),
    });
    expect(seen).toEqual([0, 1].flatMap((epoch) => batches.map((points, i) => [epoch, 3 * epoch + i, points])));
  });

  test('may minimise nothing: then nothing moves, and there is no loss to count', async () => {
    const { end, result, after } = await trained(
      {
        metrics: [meanSquaredError()],
        step: step(async (s) => {
          if (s.step === 1) await s.minimize('slope');
        }),
      },
      { stepScheduler: reduceOnPlateau({ monitor: 'train_loss' }) },
    );
    const { loss: only, gw } = at(0, 0, batches[1]!);
    expect(end['w']).toBeCloseTo(-lr * gw, 12);
    expect(end['b']).toBe(0);
    expect(result.history[0]!.train).toEqual({ loss: only, slope_loss: only, offset_loss: Number.NaN, mse: only });
    expect(result.history[1]!.train).toMatchObject({ loss: Number.NaN, slope_loss: Number.NaN });
    expect(after.loop).toEqual({ epoch: 2, step: 6 });
    // A scheduler that looks at losses has seen one.
    expect(after.stepScheduler!.state).toMatchObject({ count: 1, best: only, bad: 0 });
  });

  test('is worth the sum of what it minimised, or what it returns', async () => {
    const sums = await trained({ step: step(async (s) => void (await s.minimize('slope'))) });
    const first = sums.result.history[0]!.train;
    expect(first.loss).toBe(first['slope_loss']);
    const own = await trained({
      step: step(async (s) => 10 + (await s.minimize('slope'))),
      metrics: [meanSquaredError()],
    });
    expect(own.result.history[0]!.train.loss).toBeCloseTo(10 + first['slope_loss']!, 12);
    // Metrics see what the net made of the batch before the first update.
    expect(own.result.history[0]!.train['mse']).toBeCloseTo(first['slope_loss']!, 12);
  });

  test('can take a rate of its own', async () => {
    const { end, result } = await trained({
      epochs: 1,
      batchSize: 7,
      step: step(async (s) => {
        await s.minimize('slope', { lr: 0.001 });
        await s.minimize('offset');
      }),
    });
    const w = -0.001 * at(0, 0, xs).gw;
    expect(end['w']).toBeCloseTo(w, 12);
    expect(end['b']).toBeCloseTo(-lr * at(w, 0, xs).gb, 12);
    expect(result.history[0]!.lr).toBe(lr);
  });

  test('whose rate is that of the groups of the objective, in proportion, and no other’s', async () => {
    const optimizer = sgd({ lr: 1, groups: [{ parameters: ['w'], lr: 2 }] });
    const both = objectives({ all: { loss: mse(), parameters: ['*'] } });
    const rates = async (of: typeof loss, name: string) => {
      const net = linearNet();
      const given = { batchSize: 7, epochs: 1, step: step(async (s) => void (await s.minimize(name, { lr: 0.5 }))) };
      const options = parseTrainOptions(given, { validation: false });
      await train(context(net), trainingState({ loss: of, optimizer }), data, options);
      return net.steps[0]!.rates;
    };
    // The groups are what no group names, b, and w.
    expect(await rates(loss, 'slope')).toEqual([1, 0.5]);
    expect(await rates(loss, 'offset')).toEqual([0.5, 2]);
    expect(await rates(both, 'all')).toEqual([0.5, 1]);
  });

  test('logs quantities, which can be monitored', async () => {
    const epochScheduler = reduceOnPlateau({ monitor: 'train_epoch', patience: 0, factor: 0.5 });
    const { result } = await trained(
      {
        epochs: 3,
        step: step(async (s) => {
          const met = await s.minimize('slope');
          s.log('squareRoot', Math.sqrt(met));
          s.log('train_epoch', s.epoch);
        }),
      },
      { epochScheduler },
    );
    // It rises, so after its first value each is worse.
    expect(result.history.map((each) => each.lr)).toEqual([lr, lr, lr / 2]);
    const { values, per } = result.logged!['squareRoot']!;
    expect(per).toBe('step');
    expect(values).toHaveLength(9);
    expect(values[0]).toBeCloseTo(Math.sqrt(at(0, 0, batches[0]!).loss), 12);
  });

  test('on a plain loss is the usual one, bit for bit, where it minimises that once', async () => {
    const plain = { loss: mse(), optimizer: sgd({ lr, momentum: 0.9 }) };
    const [usual, own] = [
      await trained({}, plain),
      await trained({ step: step(async (s) => void (await s.minimize('loss'))) }, plain),
    ];
    expect(snapshot(own.net.capture())).toEqual(snapshot(usual.net.capture()));
    const scores = ({ result }: typeof own) => result.history.map((each) => each.train);
    expect(scores(own)).toEqual(scores(usual));
  });

  test.each<[string, StepFunction, { readonly code: string; readonly message: RegExp }]>([
    [
      'an objective that is not there, with the nearest',
      async (s) => void (await s.minimize('slop')),
      { code: 'INVALID_OPTION', message: /no objective 'slop'\. Did you mean 'slope'\?/ },
    ],
    [
      'a rate below zero',
      async (s) => void (await s.minimize('slope', { lr: -1 })),
      { code: 'INVALID_OPTION', message: /minimize\(\): lr/ },
    ],
    [
      'a minimize() that is not awaited',
      (s) => void s.minimize('slope'),
      { code: 'OP_IN_FLIGHT', message: /ended while minimize\('slope'\) is still running.*put `await`/s },
    ],
    [
      'two at once',
      async (s) => void (await Promise.all([s.minimize('slope'), s.minimize('offset')])),
      { code: 'OP_IN_FLIGHT', message: /minimize\('offset'\) was called while minimize\('slope'\)/ },
    ],
    [
      'what is no loss',
      async () => 'low' as never,
      { code: 'INVALID_OPTION', message: /what the function returns must be a number/ },
    ],
    ['a loss that is no number', async () => Number.NaN, { code: 'LOSS_NOT_FINITE', message: /in epoch 0, step 0/ }],
    [
      'a loss that became none',
      async (s) => void (await s.minimize('slope', { lr: 1e200 })),
      { code: 'LOSS_NOT_FINITE', message: /in epoch 0, step 1/ },
    ],
  ])('refuses %s, and leaves the net as it was', async (_, run, { code, message }) => {
    const net = linearNet({ w: 0.5, b: 0 });
    const before = snapshot(net.capture());
    const running = train(context(net), trainingState({ loss }), data, settings({ step: step(run) }));
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toMatchObject({ code });
    expect(snapshot(net.capture())).toEqual(before);
  });

  test('that throws ends training with what it threw, once nothing runs any more', async () => {
    const net = linearNet({ w: 0.5, b: 0 });
    const before = snapshot(net.capture());
    const failing = step((s) => {
      void s.minimize('slope');
      throw new TypeError('of its own');
    });
    await expect(train(context(net), trainingState({ loss }), data, settings({ step: failing }))).rejects.toThrow(
      new TypeError('of its own'),
    );
    expect(snapshot(net.capture())).toEqual(before);
  });

  test('is over when it has returned', async () => {
    let kept: Parameters<StepFunction>[0] | undefined;
    await trained({ step: step(async (s) => void (kept ??= s)) });
    await expect(kept!.minimize('slope')).rejects.toMatchObject({ code: 'OP_IN_FLIGHT' });
  });

  test('is made by trainingStep()', () => {
    expect(() => settings({ step: async () => 1 })).toThrow(/step must be a step such as trainingStep/);
    expect(() => trainingStep(3 as never)).toThrow(/the step must be a function/);
    expect(() => trainingStep(() => 1, { dep: {} } as never)).toThrow(/Did you mean 'deps'/);
    expect(() => settings({ accumulate: 2, step: step(() => 1) })).toThrow(/beside objectives/);
    const plain = { validation: false };
    expect(() => parseTrainOptions({ epochs: 1, accumulate: 2, step: step(() => 1) }, plain)).toThrow(/of your own/);
  });
});
