import { describe, expect, test } from 'vitest';
import {
  linearWarmup,
  meanAbsoluteError,
  metric,
  permutation,
  parseTrainOptions,
  reduceOnPlateau,
  sgd,
  stepLR,
  type Tensors,
  type TrainingError,
} from '../../src/index.js';
import { train } from '../../src/training/train.js';
import { firstNotFinite } from '../../src/training/finite.js';
import { context, linearNet, numbers, snapshot } from './linear-net.js';
import { line, trainingState } from './support.js';

const xs = [-2, -1, -0.5, 0.5, 1, 1.5, 2];
const settings = (options: object, validation = true) => parseTrainOptions(options, { validation });

describe('train', () => {
  test('takes the steps that gradient descent takes by hand', async () => {
    const net = linearNet();
    const { result, state } = await train(
      context(net),
      trainingState(),
      { train: line(xs), validation: null },
      settings({ epochs: 2, batchSize: 3, shuffle: false }, false),
    );
    let [w, b] = [0, 0];
    const losses: number[] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      let sum = 0;
      for (const batch of [xs.slice(0, 3), xs.slice(3, 6), xs.slice(6)]) {
        const errors = batch.map((x) => w * x + b - (2 * x + 1));
        sum += errors.reduce((a, e) => a + e * e, 0);
        const gw = batch.reduce((a, x, i) => a + (2 * errors[i]! * x) / batch.length, 0);
        const gb = errors.reduce((a, e) => a + (2 * e) / batch.length, 0);
        [w, b] = [w - 0.05 * gw, b - 0.05 * gb];
      }
      losses.push(sum / xs.length);
    }
    const end = numbers(net.capture().net);
    expect(end['w']).toBeCloseTo(w, 12);
    expect(end['b']).toBeCloseTo(b, 12);
    result.history.forEach(({ train: { loss } }, i) => expect(loss).toBeCloseTo(losses[i]!, 12));
    expect(state.loop).toEqual({ epoch: 2, step: 6 });
    expect(result).toMatchObject({ initial: null, best: null, stopped: 'epochs', epochs: 2, loaded: 'last' });
    expect(result.history.map(({ epoch, val }) => [epoch, val])).toEqual([
      [0, null],
      [1, null],
    ]);
  });

  test('shuffles by seed and epoch over the life of the state, so that two calls equal one', async () => {
    const data = { train: line(xs), validation: null };
    const once = linearNet();
    const whole = await train(context(once), trainingState(), data, settings({ epochs: 4, batchSize: 2 }, false));
    const twice = linearNet();
    const half = settings({ epochs: 2, batchSize: 2 }, false);
    const first = await train(context(twice), trainingState(), data, half);
    const second = await train(context(twice), first.state, data, half);
    expect(second.state).toEqual(whole.state);
    expect(snapshot(twice.capture())).toEqual(snapshot(once.capture()));
    expect(twice.steps).toEqual(once.steps);
    expect(once.steps.map(({ step }) => step)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    const order = [0, 1, 2, 3].map((epoch) => xs[permutation(7, epoch, xs.length)[0]!]);
    expect(once.steps.filter(({ step }) => step % 4 === 0).map(({ first: x }) => x)).toEqual(order);
  });

  test('evaluates before the first epoch and after each', async () => {
    const net = linearNet();
    const { result } = await train(
      context(net),
      trainingState(),
      { train: line(xs), validation: line([1, 3]) },
      settings({ epochs: 3, metrics: [meanAbsoluteError()] }),
    );
    expect(result.initial).toEqual({ loss: (9 + 49) / 2, mae: 5 });
    expect(net.evaluated).toBe(4);
    for (const { train: seen, val, time } of result.history) {
      expect(Object.keys(seen)).toEqual(['loss', 'mae']);
      expect(Object.keys(val!)).toEqual(['loss', 'mae']);
      expect(time).toBeGreaterThan(0);
    }
  });

  test('weights the mean loss by samples: a last batch of one counts as one', async () => {
    const { result } = await train(
      context(linearNet()),
      trainingState({ optimizer: sgd({ lr: 0 }) }),
      { train: line([1, 1, 1, 3]), validation: null },
      settings({ epochs: 1, batchSize: 3, shuffle: false }, false),
    );
    expect(result.history[0]!.train.loss).toBeCloseTo((9 * 3 + 49) / 4, 12);
  });

  test('hands frozen names to the engine, and leaves those parameters alone', async () => {
    const net = linearNet({ w: 0.5, b: 0 });
    await train(
      context(net),
      trainingState(),
      { train: line(xs), validation: null },
      settings({ epochs: 2, freeze: ['w'] }, false),
    );
    expect(net.specs[0]!.frozen).toEqual(['w']);
    const end = numbers(net.capture().net);
    expect(end['w']).toBe(0.5);
    expect(end['b']).not.toBeCloseTo(0, 3);
  });

  test('prints a line before, and one an epoch, counted from 1', async () => {
    const ctx = context(linearNet());
    await train(
      ctx,
      trainingState(),
      { train: line(xs), validation: line(xs) },
      settings({ epochs: 10, metrics: [meanAbsoluteError()] }),
    );
    expect(ctx.lines).toHaveLength(11);
    expect(ctx.lines[0]).toMatch(/^before {5} {2}val_loss 9\.1429 {2}val_mae \d\.\d{4}$/);
    expect(ctx.lines[1]).toMatch(
      /^epoch {2}1\/10 {2}loss \d\.\d{4}\/\d\.\d{4} {2}mae \d\.\d{4}\/\d\.\d{4} {2}lr 5\.0e-2 {2}\d\.\d s$/,
    );
    expect(ctx.lines[10]).toMatch(/^epoch 10\/10 /);
  });
});

describe('schedulers', () => {
  test('step after the epoch and after the step, and both together', async () => {
    const net = linearNet();
    const state = trainingState({
      optimizer: sgd({ lr: 0.1 }),
      epochScheduler: stepLR({ stepSize: 1, gamma: 0.5 }),
      stepScheduler: linearWarmup({ steps: 4, startFactor: 0.5 }),
    });
    const { result, state: after } = await train(
      context(net),
      state,
      { train: line(xs), validation: null },
      settings({ epochs: 3, batchSize: 4 }, false),
    );
    const expected = [0.1 * 0.5, 0.1 * 0.625, 0.05 * 0.75, 0.05 * 0.875, 0.025, 0.025];
    net.steps.forEach(({ lr }, i) => expect(lr).toBeCloseTo(expected[i]!, 15));
    expect(result.history.map(({ lr }) => lr)).toEqual([1, 3, 5].map((i) => net.steps[i]!.lr));
    expect(after.epochScheduler!.state).toEqual({ count: 3 });
    expect(after.stepScheduler!.state).toEqual({ count: 6 });
  });

  test('reduceOnPlateau sees the validation loss of the epoch that ended', async () => {
    const net = linearNet({ w: 2, b: 1 });
    const state = trainingState({ epochScheduler: reduceOnPlateau({ patience: 0 }) });
    const { result } = await train(
      context(net),
      state,
      { train: line(xs), validation: line(xs) },
      settings({ epochs: 4 }),
    );
    expect(result.history.map(({ lr }) => lr)).toEqual([0.05, 0.05, 0.05 * 0.1, 0.05 * 0.1 ** 2]);
  });

  test.each([
    [
      'validation data that is not given',
      { epochScheduler: reduceOnPlateau() },
      /looks at 'val_loss'.*Give validation data/s,
    ],
    [
      'a metric that is not given',
      { epochScheduler: reduceOnPlateau({ monitor: 'train_mae' }) },
      /'train_mae'.*Add the metric/s,
    ],
    ['more than its step', { stepScheduler: reduceOnPlateau() }, /sees only the loss of its step/],
  ])('one that looks at %s is refused before anything runs', async (_, schedulers, message) => {
    const net = linearNet();
    const run = train(
      context(net),
      trainingState(schedulers),
      { train: line(xs), validation: null },
      settings({ epochs: 1 }, false),
    );
    await expect(run).rejects.toThrow(message);
    expect(net.steps).toHaveLength(0);
  });

  test('a plateau per step looks at the loss of the step', async () => {
    const net = linearNet({ w: 2, b: 1 });
    const state = trainingState({
      stepScheduler: reduceOnPlateau({ monitor: 'train_loss', patience: 1, factor: 0.5 }),
    });
    await train(
      context(net),
      state,
      { train: line(xs), validation: null },
      settings({ epochs: 1, batchSize: 1 }, false),
    );
    expect(net.steps.map(({ lr }) => lr / 0.05)).toEqual([1, 1, 1, 0.5, 0.5, 0.25, 0.25]);
  });
});

/** A metric whose value after epoch n is the n-th of a list, the first one before training. */
const scripted = (values: readonly number[], mode: 'min' | 'max' = 'min') => {
  let asked = 0;
  // Results are drawn for training data too: of each pair only the second is validation's.
  return metric('scripted', {
    mode,
    init: () => 0,
    update: (acc) => acc,
    result: () => {
      const at = asked++;
      return at === 0 ? values[0]! : values[Math.ceil(at / 2)]!;
    },
  });
};

describe('watch, patience and loadBest', () => {
  const runScripted = async (values: readonly number[], options: object, mode: 'min' | 'max' = 'min') => {
    const net = linearNet();
    const states: unknown[] = [snapshot(net.capture())];
    const ctx = context(net);
    const given = settings({
      epochs: values.length - 1,
      metrics: [scripted(values, mode)],
      watch: 'scripted',
      ...options,
    });
    const observing = {
      ...ctx,
      line: (text: string) => {
        ctx.line(text);
        if (text.startsWith('epoch')) states.push(snapshot(net.capture()));
      },
    };
    const { result, state } = await train(observing, trainingState(), { train: line(xs), validation: line(xs) }, given);
    return { result, state, states, end: snapshot(net.capture()), lines: ctx.lines };
  };

  test('loadBest ends at the best epoch, weights and optimizer; the loop goes on from the last', async () => {
    const { result, state, states, end, lines } = await runScripted([9, 5, 3, 4, 6], { loadBest: true });
    expect(result).toMatchObject({ best: { epoch: 1, value: 3 }, stopped: 'epochs', epochs: 4, loaded: 'best' });
    expect(end).toEqual(states[2]);
    expect(state.loop).toEqual({ epoch: 4, step: 4 });
    expect(lines.at(-1)).toBe('went back to epoch 2/4: val_scripted 3.0000');
  });

  test('loadBest falls back to the state before training', async () => {
    const { result, states, end } = await runScripted([1, 5, 3], { loadBest: true });
    expect(result).toMatchObject({ best: { epoch: -1, value: 1 }, loaded: 'best' });
    expect(end).toEqual(states[0]);
  });

  test('without loadBest the last state stays, and the best one is reported', async () => {
    const { result, states, end } = await runScripted([9, 1, 3], {});
    expect(result).toMatchObject({ best: { epoch: 0, value: 1 }, loaded: 'last' });
    expect(end).toEqual(states[2]);
  });

  test('the last epoch can be the best', async () => {
    const { result, states, end } = await runScripted([9, 5, 3], { loadBest: true });
    expect(result).toMatchObject({ best: { epoch: 1, value: 3 }, loaded: 'last' });
    expect(end).toEqual(states[2]);
  });

  test('patience counts epochs in a row without a better value; an equal one is none', async () => {
    const { result, lines } = await runScripted([9, 5, 5, 4, 4, 6, 1, 1], { patience: 2 });
    expect(result).toMatchObject({ stopped: 'patience', epochs: 5, best: { epoch: 2, value: 4 } });
    expect(lines.at(-1)).toBe('stopped: no better scripted for 2 epochs');
  });

  test('patience that runs out in the last epoch is no early stop', async () => {
    const { result } = await runScripted([9, 5, 6, 7], { patience: 2 });
    expect(result).toMatchObject({ stopped: 'epochs', epochs: 3 });
  });

  test('epochs of warm-up do not count for patience, but can be the best', async () => {
    const { result } = await runScripted([9, 2, 5, 5, 5, 5, 5, 5], { patience: 2, warmup: 3 });
    expect(result).toMatchObject({ stopped: 'patience', epochs: 5, best: { epoch: 0, value: 2 } });
  });

  test('what is better by no more than minDelta does not count for patience, steps that add up do, and it can be the best', async () => {
    const slow = await runScripted([9, 8.9, 8.8, 8.7, 8.6], { patience: 2, minDelta: 0.15 });
    expect(slow.result).toMatchObject({ stopped: 'epochs', best: { epoch: 3, value: 8.6 } });
    const stopped = await runScripted([9, 8.9, 8.8, 1], { patience: 2, minDelta: 0.5, loadBest: true });
    expect(stopped.result).toMatchObject({ stopped: 'patience', epochs: 2, best: { epoch: 1, value: 8.8 } });
    expect(stopped.lines.at(-1)).toBe('stopped: no better scripted by more than 0.5 for 2 epochs');
    const rising = await runScripted([0.1, 0.15, 0.3, 0.35, 0.39], { patience: 2, minDelta: 0.1 }, 'max');
    expect(rising.result).toMatchObject({ stopped: 'epochs', epochs: 4 });
    const running = await runScripted([0.1, 0.15, 0.3, 0.35, 0.39, 0.9], { patience: 2, minDelta: 0.1 }, 'max');
    expect(running.result).toMatchObject({ stopped: 'patience', epochs: 4, best: { epoch: 3, value: 0.39 } });
  });

  test('a metric that should rise is maximised', async () => {
    const { result } = await runScripted([0.1, 0.9, 0.3], { loadBest: true }, 'max');
    expect(result.best).toEqual({ epoch: 0, value: 0.9 });
  });

  test('a value that is no number is never the best', async () => {
    const { result } = await runScripted([Number.NaN, Number.NaN, 3, Number.NaN], { loadBest: true });
    expect(result.best).toEqual({ epoch: 1, value: 3 });
  });

  test('where it is no number in any epoch, nothing is best, and what was learned stays', async () => {
    const { result, states, end, lines } = await runScripted([Number.NaN, Number.NaN, Number.NaN], { loadBest: true });
    expect(result).toMatchObject({ best: null, loaded: 'last', epochs: 2 });
    expect(end).toEqual(states[2]);
    expect(end).not.toEqual(states[0]);
    expect(lines.at(-1)).toBe('nothing was best: val_scripted was NaN throughout, so the last epoch stays');
  });
});

describe('a loss that is no number any more', () => {
  test('stops with the epoch and the step, and the state before the call is kept', async () => {
    const net = linearNet({ w: 0.25, b: 0.5 });
    const before = snapshot(net.capture());
    const run = train(
      context(net),
      trainingState({ optimizer: sgd({ lr: 1e60 }) }),
      { train: line(xs), validation: null },
      settings({ epochs: 5, batchSize: 4 }, false),
    );
    const error = await run.then(
      () => undefined,
      (reason: TrainingError) => reason,
    );
    expect(error).toMatchObject({ code: 'LOSS_NOT_FINITE', epoch: 1, step: 1, lr: 1e60 });
    expect(error!.message).toMatch(/The loss became (Infinity|NaN) in epoch 1, step 1 \(both counted from 0\)/);
    expect(snapshot(net.capture())).toEqual(before);
  });

  test('a last update that leaves a parameter no number is no training that is done, though every loss was one', async () => {
    const net = linearNet({ w: 0.25, b: 0.5 });
    const before = snapshot(net.capture());
    const run = train(
      context(net),
      trainingState({ optimizer: sgd({ lr: 1e308 }) }),
      { train: line([-20, 20, 30]), validation: null },
      settings({ epochs: 1, batchSize: 3 }, false),
    );
    await expect(run).rejects.toMatchObject({ code: 'LOSS_NOT_FINITE', epoch: 0, step: 0, parameter: 'w' });
    await expect(run).rejects.toThrow(/parameter 'w' has NaN or an infinity in it after epoch 0, step 0/);
    expect(snapshot(net.capture())).toEqual(before);
  });

  test('an infinity that was there before is none of training', () => {
    const tensors = (bias: number): Tensors =>
      new Map([['mask', { dtype: 'float32', shape: [2], data: Float32Array.of(0, bias) }]]);
    expect(firstNotFinite(tensors(-Infinity), tensors(-Infinity))).toBeUndefined();
    expect(firstNotFinite(tensors(-Infinity), tensors(0))).toBe('mask');
    expect(firstNotFinite(tensors(Number.NaN), tensors(0))).toBe('mask');
  });

  test('is met in the validation data as well', async () => {
    const net = linearNet();
    const run = train(
      context(net),
      trainingState(),
      { train: line(xs), validation: line([1, Number.NaN]) },
      settings({ epochs: 1 }),
    );
    await expect(run).rejects.toMatchObject({ code: 'LOSS_NOT_FINITE', epoch: -1, step: null });
    await expect(run).rejects.toThrow(/before the first epoch/);
    expect(net.steps).toHaveLength(0);
  });
});

describe('an op that is stopped', () => {
  test('ends between two steps, and the engine is back at the state before', async () => {
    const net = linearNet();
    const before = snapshot(net.capture());
    const abort = new AbortController();
    const stopping = metric('stopping', {
      mode: 'min',
      init: () => 0,
      update: (acc) => {
        if (acc === 2) abort.abort(new Error('enough'));
        return acc + 1;
      },
      result: (acc) => acc,
    });
    const run = train(
      context(net, { signal: abort.signal }),
      trainingState(),
      { train: line(xs), validation: null },
      settings({ epochs: 1, batchSize: 1, metrics: [stopping] }, false),
    );
    await expect(run).rejects.toThrow('enough');
    expect(net.steps).toHaveLength(3);
    expect(snapshot(net.capture())).toEqual(before);
  });
});

test('train without a loss or an optimizer says which is missing', async () => {
  const data = { train: line(xs), validation: null };
  const options = settings({ epochs: 1 }, false);
  await expect(train(context(linearNet()), trainingState({ loss: null }), data, options)).rejects.toMatchObject({
    code: 'NO_LOSS',
  });
  await expect(train(context(linearNet()), trainingState({ optimizer: null }), data, options)).rejects.toMatchObject({
    code: 'NO_OPTIMIZER',
  });
});
