import { describe, expect, test } from 'vitest';
import type { Callback, CallbackContext, Tensor } from '../../src/index.js';
import { linearNet, numbers } from '../training/linear-net.js';
import { deciding, keeping, observing, trained } from './support.js';

const scalar = (value: number): Tensor => ({ dtype: 'float64', shape: [], data: Float64Array.of(value) });

describe('setParameters', () => {
  test('gives the net other values, and leaves those alone that it doesn’t name', async () => {
    const seen: object[] = [];
    const sets = deciding({
      onStepEnd: (ctx) => {
        const { b } = numbers(ctx.parameters());
        ctx.setParameters(new Map([['w', scalar(7)]]));
        seen.push(numbers(ctx.parameters()));
        expect(seen.at(-1)).toEqual({ w: 7, b });
      },
    });
    const { net } = await trained({ epochs: 1, callbacks: [sets] });
    expect(seen).toHaveLength(4);
    expect(numbers(net.capture().net)['w']).toBe(7);
    // The step after has learned from it.
    const without = await trained({ epochs: 1 });
    expect(net.steps).toHaveLength(without.net.steps.length);
    expect(numbers(net.capture().net)['b']).not.toBe(numbers(without.net.capture().net)['b']);
  });

  test('leaves the optimizer’s state as it is', async () => {
    const net = linearNet();
    const sets = deciding({
      onEpochEnd: (ctx) => {
        const before = net.capture().optimizer;
        ctx.setParameters(new Map([['w', scalar(7)]]));
        expect(net.capture().optimizer).toEqual(before);
      },
    });
    await trained({ epochs: 1, callbacks: [sets] }, { net });
  });

  test('takes copies: what it was given may be written to later', async () => {
    const own = Float64Array.of(1);
    const all = keeping();
    const sets = deciding({
      onEpochEnd: (ctx) => {
        own[0] = ctx.epoch + 1;
        ctx.setParameters(new Map([['w', { dtype: 'float64', shape: [], data: own }]]));
      },
      onStepStart: () => void (own[0] = 99),
    });
    await trained({ epochs: 3, callbacks: [sets] }, { course: all.course });
    const ends = all.points.filter(({ progress }) => progress.partial === null);
    expect(ends.map(({ engine }) => numbers(engine.net)['w'])).toEqual([1, 2, 3].slice(0, ends.length));
    expect(ends.length).toBeGreaterThanOrEqual(2);
  });

  test.each<[string, unknown, RegExp]>([
    [
      'a parameter that the net has not',
      new Map([['wo', scalar(1)]]),
      /callback 'sets': the net has no parameter 'wo'. Did you mean 'w'\?/,
    ],
    ['another shape', new Map([['w', { ...scalar(1), shape: [1] }]]), /'w' is float64 \[\].*was given float64 \[1\]/],
    [
      'another type',
      new Map([['w', { dtype: 'float32', shape: [], data: Float32Array.of(1) }]]),
      /'w' is float64 .*was given float32/,
    ],
    [
      'an array that is not of its type',
      new Map([['w', { dtype: 'float64', shape: [], data: Float32Array.of(1, 2) }]]),
      /in a Float32Array of 2/,
    ],
    [
      'too much data',
      new Map([['w', { dtype: 'float64', shape: [], data: Float64Array.of(1, 2) }]]),
      /in a Float64Array of 2/,
    ],
    ['a bare array', new Map([['w', Float64Array.of(1)]]), /was given a Float64Array of 1/],
    ['an object in place of a Map', { w: scalar(1) }, /takes a Map of tensors by name, and got an object/],
  ])('refuses %s', async (_, given, why) => {
    const sets = deciding({ onFitStart: (ctx) => ctx.setParameters(given as never) }, 'sets');
    const run = trained({ epochs: 1, callbacks: [sets] });
    await expect(run).rejects.toMatchObject({ code: 'DATA_MISMATCH' });
    await expect(run).rejects.toThrow(why);
  });

  test('is refused to a callback that only observes', async () => {
    const sets = observing({ onFitStart: (ctx) => ctx.setParameters(new Map([['w', scalar(1)]])) }, 'looker');
    await expect(trained({ epochs: 1, callbacks: [sets] })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(
        /'looker' called ctx\.setParameters\(\) and says that it only observes/,
      ) as unknown,
    });
  });

  test('in any hook of training is a part of it', async () => {
    const hooks = [
      'onFitStart',
      'onEpochStart',
      'onStepStart',
      'onValidationStart',
      'onValidationEnd',
      'onFitEnd',
    ] as const;
    for (const hook of hooks) {
      const sets: Callback = deciding({
        [hook]: (ctx: CallbackContext) => ctx.setParameters(new Map([['b', scalar(5)]])),
      });
      const { net } = await trained({ epochs: 1, callbacks: [sets] });
      const without = await trained({ epochs: 1 });
      expect(numbers(net.capture().net)).not.toEqual(numbers(without.net.capture().net));
    }
  });
});

test('trainable names those that learn', async () => {
  const names: string[][] = [];
  const looks = observing({ onFitStart: (ctx) => void names.push([...ctx.trainable()].sort()) });
  await trained({ epochs: 1, callbacks: [looks] });
  await trained({ epochs: 1, callbacks: [looks], freeze: ['w'] });
  expect(names).toEqual([['b', 'w'], ['b']]);
});
