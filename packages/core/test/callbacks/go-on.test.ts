// From each place that a train comes by it is gone on with to the same end, whatever callbacks keep, change, log and stop.
import { describe, expect, test } from 'vitest';
import {
  callback,
  type Callback,
  earlyStopping,
  ema,
  iterable,
  lrMonitor,
  type SampleStream,
  type TrainingState,
} from '../../src/index.js';
import { deciding, ending, freshState, goneOn, keeping, observing, stepsAnEpoch, trained, xs } from './support.js';

/** Moves the parameters, by what it keeps. */
const moving = (): Callback =>
  callback('moving', {
    state: { sum: 0, seen: [] as number[] },
    onStepEnd(ctx, state) {
      state.sum += ctx.loss;
      state.seen.push(ctx.step);
      ctx.log('running', state.sum);
    },
    onEpochEnd(ctx, state) {
      const moved = [...ctx.parameters()].map(
        ([name, tensor]) =>
          [
            name,
            { ...tensor, data: Float64Array.of(Number(tensor.data[0]) + state.sum * 0.01 + ctx.loss * 0.1) },
          ] as const,
      );
      ctx.setParameters(new Map(moved));
      ctx.log('seen', state.seen.length);
      ctx.line(`epoch ${ctx.epoch} moved by ${state.seen.length} steps`);
    },
    onEpochStart(_, state) {
      state.sum *= 0.5;
    },
  });

/** Logs in each hook that may. */
const logging = (): Callback =>
  observing(
    {
      onFitStart: (ctx) => ctx.log('start', 1),
      onEpochStart: (ctx) => ctx.log('begun', ctx.epoch),
      onStepStart: (ctx) => ctx.log('before', ctx.loss, { per: 'epoch' }),
      onStepEnd: (ctx) => ctx.log('after', ctx.loss),
      onValidationStart: (ctx) => ctx.log('last', ctx.loss),
      onValidationEnd: (ctx) => ctx.log('gap', (ctx.scores['val_loss'] ?? 0) - (ctx.scores['train_loss'] ?? 0)),
      onEpochEnd: (ctx) => ctx.log('gap', 0),
      onFitEnd: (ctx) => ctx.log('end', ctx.step),
    },
    'logging',
  );

const stopsAt = (hook: 'onStepEnd' | 'onStepStart', step: number): Callback =>
  deciding(
    { [hook]: (ctx: { step: number; stop(why: string): void }) => void (ctx.step === step && ctx.stop('enough')) },
    'stops',
  );

const stopsIn = (
  hook: 'onEpochStart' | 'onValidationStart' | 'onValidationEnd' | 'onEpochEnd',
  epoch: number,
): Callback =>
  deciding(
    { [hook]: (ctx: { epoch: number; stop(why: string): void }) => void (ctx.epoch === epoch && ctx.stop('enough')) },
    'stops',
  );

const cases: readonly (readonly [string, () => object])[] = [
  ['that move parameters by their state', () => ({ callbacks: [moving()] })],
  ['that log', () => ({ callbacks: [logging(), lrMonitor()] })],
  ['that average, with the best to go back to', () => ({ callbacks: [ema({ decay: 0.7 })], loadBest: true })],
  ['that average now and then, warmed up', () => ({ callbacks: [ema({ decay: 0.9, every: 3, warmup: true })] })],
  [
    'that average over updates of several batches',
    () => ({ callbacks: [ema({ decay: 0.5 })], accumulate: 3, loadBest: true }),
  ],
  ['that stop early', () => ({ callbacks: [earlyStopping({ monitor: 'val_loss', patience: 1 })], epochs: 9 })],
  ['that stop at the end of a step', () => ({ callbacks: [logging(), stopsAt('onStepEnd', 6)] })],
  ['that stop at the last step of an epoch', () => ({ callbacks: [stopsAt('onStepEnd', 8)] })],
  ['that stop at the beginning of a step', () => ({ callbacks: [stopsAt('onStepStart', 6)] })],
  ['that stop at the beginning of an epoch', () => ({ callbacks: [stopsIn('onEpochStart', 1)] })],
  ['that stop before a validation', () => ({ callbacks: [stopsIn('onValidationStart', 1)] })],
  ['that stop after a validation', () => ({ callbacks: [stopsIn('onValidationEnd', 1)] })],
  ['that stop at the end of an epoch', () => ({ callbacks: [stopsIn('onEpochEnd', 1)] })],
  ['and a limit of steps', () => ({ callbacks: [moving()], maxSteps: 7 })],
  ['and a limit of whole epochs', () => ({ callbacks: [moving()], maxSteps: 8 })],
  [
    'of all kinds',
    () => ({
      callbacks: [
        moving(),
        logging(),
        ema({ decay: 0.6 }),
        earlyStopping({ monitor: 'val_loss' }),
        lrMonitor({ per: 'epoch' }),
      ],
      loadBest: true,
      maxSteps: 11,
    }),
  ],
];

describe('a train with callbacks', () => {
  test.each(cases)('%s', async (_, options) => {
    const all = keeping();
    const whole = await trained({ epochs: 3, ...options() }, { course: all.course });
    const expected = ending(whole);
    const without = await trained({ epochs: 3, ...options() });
    // That it could be gone on with has changed nothing.
    expect(ending(without)).toEqual(expected);
    expect(without.at.lines.map(untimed)).toEqual(whole.at.lines.map(untimed));
    expect(all.points.length).toBeGreaterThanOrEqual(5);
    for (const point of [...all.points, (await all.ended())!]) {
      const on = await goneOn(point, { epochs: 3, ...options() });
      expect(ending(on)).toEqual(expected);
      expect(on.at.lines.map(untimed)).toEqual(whole.at.lines.map(untimed));
    }
  });

  test('is gone on with again and again, from one place to the next', async () => {
    const options = cases.at(-1)![1];
    const expected = ending(await trained({ epochs: 3, ...options() }));
    let at = keeping();
    await trained({ epochs: 3, ...options() }, { course: at.course });
    for (let i = 0; i < 5; i++) {
      const first = at.points[0] ?? (await at.ended())!;
      at = keeping(first);
      expect(ending(await goneOn(first, { epochs: 3, ...options() }, { course: at.course }))).toEqual(expected);
    }
  });

  test('has kept nothing that was written to later', async () => {
    const options = cases.at(-1)![1];
    const all = keeping();
    const copies: unknown[] = [];
    const course = {
      ...all.course,
      take: async (...args: Parameters<typeof all.course.take>) => {
        const taken = await all.course.take(...args);
        copies.push(structuredClone(all.points.at(-1)!.training.statefuls));
        return taken;
      },
    };
    await trained({ epochs: 3, ...options() }, { course });
    expect(copies.length).toBeGreaterThan(10);
    expect(all.points.map(({ training }) => training.statefuls)).toEqual(copies);
  });

  test('stops at an error between the steps of an epoch and its end, and has that end still to come', async () => {
    const all = keeping();
    const course = { ...all.course, due: () => false };
    let fails = true;
    const failing = deciding(
      {
        onValidationEnd: ({ epoch }) => {
          if (epoch === 1 && fails) throw new Error('no');
        },
      },
      'failing',
    );
    const options = (): object => ({ epochs: 3, callbacks: [moving(), failing, logging()] });
    await expect(trained(options(), { course })).rejects.toMatchObject({ code: 'CALLBACK_FAILED' });
    const end = (await all.ended())!;
    expect(end.training.loop).toEqual({ epoch: 1, step: 2 * stepsAnEpoch });
    fails = false;
    const whole = await trained(options());
    const on = await goneOn(end, options());
    expect(ending(on)).toEqual(ending(whole));
  });

  test('stopped by a callback within an epoch, and then by an error before its end, has that end still to come', async () => {
    const all = keeping();
    let fails = true;
    const failing = deciding(
      {
        onValidationEnd: ({ epoch }) => {
          if (epoch === 1 && fails) throw new Error('no');
        },
      },
      'failing',
    );
    const options = (): object => ({ epochs: 3, callbacks: [moving(), stopsAt('onStepEnd', 6), failing] });
    await expect(trained(options(), { course: all.course })).rejects.toMatchObject({ code: 'CALLBACK_FAILED' });
    const end = (await all.ended())!;
    expect(end.training.loop).toEqual({ epoch: 1, step: 6 });
    fails = false;
    const on = await goneOn(end, options());
    expect(on.net.steps).toHaveLength(0);
    expect(ending(on)).toEqual(ending(await trained(options())));
  });

  test('that is to stop after the epoch is still kept at each step of it', async () => {
    const all = keeping();
    await trained({ epochs: 3, callbacks: [stopsIn('onEpochStart', 1)] }, { course: all.course });
    const steps = all.points
      .filter(({ progress }) => progress.partial !== null)
      .map(({ training }) => training.loop.step);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('on a stream that can only be begun with anew goes on from the end of the last epoch, wherever a hook threw', async () => {
    for (const hook of ['onStepEnd', 'onValidationStart', 'onValidationEnd', 'onEpochEnd'] as const) {
      const all = keeping();
      const course = { ...all.course, due: () => false };
      let fails = true;
      const failing = deciding(
        {
          [hook]: (ctx: { epoch: number }) => {
            if (ctx.epoch === 2 && fails) throw new Error('no');
          },
        },
        'failing',
      );
      const options = (): object => ({ epochs: 4, callbacks: [moving(), failing] });
      const data = unseekable();
      await expect(trained(options(), { course, data })).rejects.toMatchObject({ code: 'CALLBACK_FAILED' });
      const end = (await all.ended())!;
      expect(end.training.loop).toEqual({ epoch: 2, step: 2 * stepsAnEpoch });
      fails = false;
      expect(ending(await goneOn(end, options(), { data }))).toEqual(ending(await trained(options(), { data })));
    }
  });

  test('begins with the callbacks’ own states, whatever the state has that it stands on', async () => {
    const all = keeping();
    await trained({ epochs: 1, callbacks: [moving()] }, { course: all.course });
    const left = all.points.at(-1)!.training.statefuls!;
    expect(Object.keys(left)).toEqual(['callbacks/moving']);
    const expected = ending(await trained({ epochs: 1, callbacks: [moving()] }));
    const state: TrainingState = { ...freshState(), statefuls: left };
    expect(ending(await trained({ epochs: 1, callbacks: [moving()] }, { state }))).toEqual(expected);
  });
});

/** The same samples, which come in one order and from the beginning only. */
function unseekable(): SampleStream {
  const sample = (x: number) => ({ input: Float64Array.of(x), target: Float64Array.of(2 * x + 1) });
  return iterable(() => xs.map(sample), { key: 'a line' });
}

function untimed(text: string): string {
  return text.replace(/\s+\d+\.\d s$/, '');
}
