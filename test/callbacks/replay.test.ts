// Trains that callbacks stopped, trains of more epochs, and callbacks that are used twice.
import {
  callback,
  type Callback,
  earlyStopping,
  ema,
  lrMonitor,
  type Model,
  mse,
  reduceOnPlateau,
  sgd,
} from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { abortedAfterSteps } from '../support/aborts.js';
import { session } from '../support/session.js';
import { end, type Given, script, stepsAnEpoch, train, trains, val } from './called.js';

const atStep = (step: number): Callback =>
  callback('stopper', { onStepEnd: (ctx) => void (ctx.step === step && ctx.stop('enough')) }, { deps: { step } });
const atEnd = (epoch: number): Callback =>
  callback('stopper', { onEpochEnd: (ctx) => void (ctx.epoch === epoch && ctx.stop('enough')) }, { deps: { epoch } });
const sums = (): Callback =>
  callback('sums', {
    state: { sum: 0 },
    onStepEnd(ctx, state) {
      state.sum += ctx.loss;
      ctx.log('sum', state.sum);
      ctx.log('mean', ctx.loss, { per: 'epoch' });
    },
    onEpochEnd(ctx, state) {
      ctx.log('ends', state.sum);
      ctx.line(`epoch ${ctx.epoch}: ${ctx.step} steps`);
    },
  });

async function fresh(callbacks: readonly Callback[], given: Given = {}) {
  return end(await trains(await session(), callbacks, given));
}

describe('a train that was stopped', () => {
  test.each<[string, () => readonly Callback[], Given, string]>([
    ['by a callback at a step', () => [atStep(7)], {}, 'callback'],
    ['by a callback at the end of an epoch', () => [atEnd(1)], {}, 'callback'],
    [
      'by its average and early stopping',
      () => [ema({ decay: 0.9 }), earlyStopping({ monitor: 'val_loss', minDelta: 1e9, patience: 1 })],
      {},
      'callback',
    ],
    ['by its number of steps', () => [], { maxSteps: 7 }, 'steps'],
    ['by its number of steps, at the end of an epoch', () => [sums()], { maxSteps: 10 }, 'steps'],
    ['by its time', () => [], { maxTime: 1e-9 }, 'time'],
  ])('%s is a hit, and is so where more epochs are asked for', async (_, callbacks, given, stopped) => {
    const at = await session();
    const first = await trains(at, callbacks(), { epochs: 5, ...given });
    expect(first.result.stopped).toBe(stopped);
    expect(first.result.epochs).toBeLessThan(5);
    at.printed.length = 0;
    const again = await trains(at, callbacks(), { epochs: 5, ...given });
    expect(end(again)).toEqual(end(first));
    expect(at.printed.join('')).toMatch(/^stopped: /m);
    const more = await trains(at, callbacks(), { epochs: 9, ...given });
    expect(end(more)).toEqual(end(first));
    expect(again.steps + more.steps).toBe(0);
    expect(more.report).toMatchObject({ hit: 1, run: 0, extended: 0 });
  });

  test.each<[string, () => readonly Callback[], Given]>([
    ['at a step', () => [sums(), atStep(7)], {}],
    ['at the end of an epoch', () => [sums(), atEnd(1)], {}],
    ['by its number of steps', () => [], { maxSteps: 7 }],
    ['by its number of steps, with callbacks', () => [sums(), ema({ decay: 0.8 })], { maxSteps: 7, loadBest: true }],
  ])('%s is what it would be where as many epochs are asked for as were trained', async (_, callbacks, given) => {
    const at = await session();
    await trains(at, callbacks(), { epochs: 5, ...given });
    const same = await trains(at, callbacks(), { epochs: 2, ...given });
    expect(same.steps).toBe(0);
    expect(end(same)).toEqual(await fresh(callbacks(), { epochs: 2, ...given }));
  });

  test('in the last epoch it was asked for, at its end, is gone on with as one that was stopped there', async () => {
    const at = await session();
    const first = await trains(at, [sums(), atEnd(1)], { epochs: 2 });
    expect(first.result.stopped).toBe('epochs');
    const more = await trains(at, [sums(), atEnd(1)], { epochs: 4 });
    expect(more.steps).toBe(0);
    expect(more.result).toMatchObject({ stopped: 'callback', epochs: 2 });
    expect(end(more)).toEqual(await fresh([sums(), atEnd(1)], { epochs: 4 }));
  });

  test('at the last step it was asked for is a hit for more', async () => {
    const at = await session();
    const last = 2 * stepsAnEpoch;
    const first = await trains(at, [atStep(last)], { epochs: 2 });
    expect(first.result).toMatchObject({ stopped: 'callback', epochs: 2 });
    const more = await trains(at, [atStep(last)], { epochs: 4 });
    expect(more.steps).toBe(0);
    expect(end(more)).toEqual(await fresh([atStep(last)], { epochs: 4 }));
  });

  test('counts the steps that an interrupted process took', async () => {
    for (const after of [1, 4, 5, 6]) {
      const at = await session();
      const signal = abortedAfterSteps(at.counts, after);
      await expect(trains(at, [sums()], { maxSteps: 7, signal })).rejects.toThrow('stopped by the test');
      expect(end(await trains(at, [sums()], { maxSteps: 7 }))).toEqual(await fresh([sums()], { maxSteps: 7 }));
      expect(at.counts.steps).toBe(7);
    }
  });
});

describe('a train of more epochs', () => {
  test.each([
    ['that log, with all of it in one series', () => [sums(), lrMonitor()], {}],
    ['that average', () => [ema({ decay: 0.9 }), sums()], {}],
    ['that average, going back to the best', () => [ema({ decay: 0.9 })], { loadBest: true }],
    [
      'that a scheduler looks at',
      () => [sums()],
      { setup: { epochScheduler: reduceOnPlateau({ monitor: 'ends', patience: 0 }) } },
    ],
  ] as const)('goes on from the recorded end, with callbacks %s', async (_, callbacks, given) => {
    const at = await session();
    await trains(at, callbacks(), { epochs: 2, ...given });
    const more = await trains(at, callbacks(), { epochs: 4, ...given });
    expect(more.steps).toBe(2 * stepsAnEpoch);
    expect(more.report).toMatchObject({ extended: 1, run: 0 });
    expect(end(more)).toEqual(await fresh(callbacks(), { epochs: 4, ...given }));
  });

  test('of fewer is known where it was kept, with callbacks as it was', async () => {
    const at = await session();
    const given: Given = { snapshots: { keep: { every: 1 } } };
    await trains(at, [sums(), ema({ decay: 0.8 })], { epochs: 4, ...given });
    const less = await trains(at, [sums(), ema({ decay: 0.8 })], { epochs: 2, ...given });
    expect(less.steps).toBe(0);
    expect(end(less)).toEqual(await fresh([sums(), ema({ decay: 0.8 })], { epochs: 2 }));
  });
});

describe('replayed', () => {
  test('a train is what it was: its typed arrays, and the lines that its callbacks printed', async () => {
    const at = await session();
    const first = await trains(at, [sums(), lrMonitor()]);
    const lines = printedIn(at.printed);
    at.printed.length = 0;
    const again = await trains(at, [sums(), lrMonitor()]);
    expect(again.steps).toBe(0);
    expect(again.result).toEqual(first.result);
    expect(again.result.logged!['sum']!.values).toBeInstanceOf(Float64Array);
    expect(printedIn(at.printed)).toEqual(lines);
    expect(lines).toEqual(['epoch 0: 5 steps', 'epoch 1: 10 steps', 'epoch 2: 15 steps']);
  });

  test('one that was interrupted has all its lines', async () => {
    const at = await session();
    await expect(trains(at, [sums()], { signal: abortedAfterSteps(at.counts, 8) })).rejects.toThrow(
      'stopped by the test',
    );
    await trains(at, [sums()]);
    at.printed.length = 0;
    await trains(at, [sums()]);
    expect(printedIn(at.printed)).toEqual(['epoch 0: 5 steps', 'epoch 1: 10 steps', 'epoch 2: 15 steps']);
  });
});

function printedIn(printed: readonly string[]): readonly string[] {
  return printed
    .join('')
    .split('\n')
    .filter((text) => /^epoch \d+: /.test(text));
}

describe('one callback in two trains', () => {
  class Keeps implements Callback {
    readonly name = 'keeps';
    readonly key = 'keeps, 1';
    #list: number[] = [];
    onStepEnd(ctx: Parameters<NonNullable<Callback['onStepEnd']>>[0]): void {
      this.#list.push(ctx.loss);
      ctx.log('kept', this.#list.length);
      const moved = [...ctx.parameters()].map(([name, tensor]) => {
        const data = (tensor.data as Float32Array).map((value) => value * (1 - 1e-3 * this.#list.length));
        return [name, { ...tensor, data }] as const;
      });
      ctx.setParameters(new Map(moved));
    }
    stateDict() {
      return { list: this.#list };
    }
    loadStateDict(state: { readonly [name: string]: unknown }): void {
      // What it is given it may keep, and writes to.
      this.#list = state['list'] as number[];
    }
  }

  const both = (epochs: readonly [number, number]) => async (model: Model) => {
    const all = [new Keeps(), sums(), ema({ decay: 0.9 }), earlyStopping({ monitor: 'val_loss' })];
    const results = await model.checkpoint(1, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.05 }) });
      const first = await cp.train(train, val, { epochs: epochs[0], batchSize: 8, callbacks: all });
      const second = await cp.train(train, val, { epochs: epochs[1], batchSize: 8, callbacks: all });
      return [first, second].map(({ logged }) => logged);
    });
    return { results, digest: await model.checkpoint(1).stateDigest() };
  };

  test('begins the second with the state that it was made with, whether the first was run or replayed', async () => {
    const whole = await (await session()).run(both([2, 2]));
    expect(whole.results[1]!['kept']!.values[0]).toBe(1);
    const at = await session();
    await at.run(async (model) => {
      const all = [new Keeps(), sums(), ema({ decay: 0.9 }), earlyStopping({ monitor: 'val_loss' })];
      await model.checkpoint(1, async (cp) => {
        await cp.setup({ loss: mse(), optimizer: sgd({ lr: 0.05 }) });
        await cp.train(train, val, { epochs: 2, batchSize: 8, callbacks: all });
      });
    });
    const { steps } = at.counts;
    // The first is replayed, the second is run.
    expect(await at.run(both([2, 2]))).toEqual(whole);
    expect(at.counts.steps).toBe(steps + 2 * stepsAnEpoch);
    expect(await at.run(both([2, 2]))).toEqual(whole);
    expect(at.counts.steps).toBe(steps + 2 * stepsAnEpoch);
  });

  test('and an interrupted one leaves nothing in it', async () => {
    const own = new Keeps();
    const at = await session();
    const given = { signal: abortedAfterSteps(at.counts, 3) };
    await expect(at.run(script([own], given))).rejects.toThrow('stopped by the test');
    const other = await session();
    expect(end(await other.run(script([own])))).toEqual(await fresh([new Keeps()]));
  });
});
