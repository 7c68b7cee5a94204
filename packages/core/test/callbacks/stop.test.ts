import { describe, expect, test } from 'vitest';
import { type Callback, earlyStopping, parseTrainOptions } from '../../src/index.js';
import { context, linearNet } from '../training/linear-net.js';
import { deciding, ending, goneOn, keeping, observing, stepsAnEpoch, trained } from './support.js';

const stopping = (hooks: Partial<Callback>): Callback => deciding(hooks, 'stopper');

describe('a callback that stops training', () => {
  test('at a step ends the epoch there, and validation follows', async () => {
    const net = linearNet();
    const told: string[] = [];
    const { result, at, state } = await trained(
      {
        epochs: 5,
        callbacks: [
          stopping({ onStepEnd: (ctx) => void (ctx.step === 6 && ctx.stop('it is enough')) }),
          observing({
            onStepEnd: () => void told.push('step'),
            onValidationEnd: () => void told.push('validation'),
            onEpochEnd: () => void told.push('epoch'),
            onFitEnd: () => void told.push('fit'),
          }),
        ],
      },
      { net },
    );
    expect(net.steps).toHaveLength(6);
    expect(told.slice(-5)).toEqual(['step', 'step', 'validation', 'epoch', 'fit']);
    expect(result).toMatchObject({ stopped: 'callback', epochs: 2 });
    expect(result.history[1]!.val).not.toBeNull();
    expect(state.loop).toEqual({ epoch: 2, step: 6 });
    expect(at.lines.at(-1)).toBe('stopped: stopper: it is enough');
  });

  test.each(['onEpochStart', 'onValidationStart', 'onValidationEnd', 'onEpochEnd'] as const)(
    'in %s ends it after that epoch',
    async (hook) => {
      const net = linearNet();
      const stops = stopping({
        [hook]: (ctx: { epoch: number; stop(why: string): void }) => void (ctx.epoch === 1 && ctx.stop('enough')),
      });
      const { result, at } = await trained({ epochs: 5, callbacks: [stops] }, { net });
      expect(net.steps).toHaveLength(2 * stepsAnEpoch);
      expect(result).toMatchObject({ stopped: 'callback', epochs: 2 });
      expect(at.lines.at(-1)).toBe('stopped: stopper: enough');
    },
  );

  test.each(['onFitStart', 'onValidationEnd'] as const)('before the first epoch, in %s, trains none', async (hook) => {
    const net = linearNet({ w: 0.5, b: 0 });
    const stops = stopping({ [hook]: (ctx: { stop(why: string): void }) => ctx.stop('no need') });
    const { result, at } = await trained({ epochs: 5, callbacks: [stops] }, { net });
    expect(net.steps).toHaveLength(0);
    expect(result).toMatchObject({ stopped: 'callback', epochs: 0, history: [] });
    expect(result.initial).not.toBeNull();
    expect(at.lines.at(-1)).toBe('stopped: stopper: no need');
  });

  test('with the first reason of several', async () => {
    const stops = (name: string): Callback => deciding({ onStepEnd: (ctx) => ctx.stop(`says ${name}`) }, name);
    const { at } = await trained({ epochs: 2, maxSteps: 1, callbacks: [stops('b'), stops('a')] });
    expect(at.lines.at(-1)).toBe('stopped: b: says b');
  });

  test('from what it waited for', async () => {
    const net = linearNet();
    const stops = stopping({
      onStepEnd: async (ctx) => {
        await new Promise((resolve) => setImmediate(resolve));
        if (ctx.step === 3) ctx.stop('late');
      },
    });
    const { result } = await trained({ epochs: 2, callbacks: [stops] }, { net });
    expect(net.steps).toHaveLength(3);
    expect(result.stopped).toBe('callback');
  });

  test('at the end of the last epoch stops nothing; at its last step it does', async () => {
    const atEnd = await trained({
      epochs: 2,
      callbacks: [stopping({ onEpochEnd: (ctx) => void (ctx.epoch === 1 && ctx.stop('enough')) })],
    });
    expect(atEnd.result).toMatchObject({ stopped: 'epochs', epochs: 2 });
    expect(atEnd.at.lines.some((each) => each.startsWith('stopped'))).toBe(false);
    const atStep = await trained({
      epochs: 2,
      callbacks: [stopping({ onStepEnd: (ctx) => void (ctx.step === 8 && ctx.stop('enough')) })],
    });
    expect(atStep.result).toMatchObject({ stopped: 'callback', epochs: 2 });
  });

  test('that only observes is refused, before anything is changed', async () => {
    const stops = observing({ onStepEnd: (ctx) => ctx.stop('no') }, 'looker');
    await expect(trained({ epochs: 1, callbacks: [stops] })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/'looker' called ctx\.stop\(\) and says that it only observes/) as unknown,
    });
  });

  test.each([undefined, '', 7])('without a reason in words is refused: %s', async (why) => {
    const stops = stopping({ onStepEnd: (ctx) => ctx.stop(why as string) });
    await expect(trained({ epochs: 1, callbacks: [stops] })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  test.each(['onSaveCheckpoint', 'onException'] as const)(
    'or logs or sets parameters in %s is refused: when that is called is no part of training',
    async (hook) => {
      for (const act of ['stop', 'log', 'setParameters'] as const) {
        const told: unknown[] = [];
        const acts = stopping({
          onEpochEnd: () => {
            throw new Error('broken');
          },
          [hook]: (ctx: Parameters<NonNullable<Callback['onStepEnd']>>[0]) => {
            try {
              if (act === 'stop') ctx.stop('why');
              if (act === 'log') ctx.log('key', 1);
              if (act === 'setParameters') ctx.setParameters(new Map());
            } catch (error) {
              told.push(error);
            }
          },
        });
        await expect(trained({ epochs: 1, callbacks: [acts] }, { course: keeping().course })).rejects.toThrow('broken');
        expect(told.length).toBeGreaterThan(0);
        for (const error of told)
          expect(error).toMatchObject({ code: 'REFUSED', message: expect.stringContaining(`ctx.${act}()`) as unknown });
      }
    },
  );
});

describe('maxSteps', () => {
  test.each([1, 3, 4, 5, 8])('ends training after %i updates', async (maxSteps) => {
    const net = linearNet();
    const { result, at, state } = await trained({ epochs: 5, maxSteps }, { net });
    expect(net.steps).toHaveLength(maxSteps);
    expect(state.loop).toEqual({ epoch: Math.ceil(maxSteps / stepsAnEpoch), step: maxSteps });
    expect(result).toMatchObject({ stopped: 'steps', epochs: Math.ceil(maxSteps / stepsAnEpoch) });
    expect(at.lines.at(-1)).toBe(`stopped: ${maxSteps} ${maxSteps === 1 ? 'step' : 'steps'}, as maxSteps says`);
  });

  test('counts updates, not batches', async () => {
    const net = linearNet();
    await trained({ epochs: 5, accumulate: 3, maxSteps: 3 }, { net });
    // An epoch of four batches is an update of three and one of one.
    expect(net.steps).toHaveLength(3 + 1 + 3);
  });

  test('that are never reached change nothing', async () => {
    const { result } = await trained({ epochs: 2, maxSteps: 9 });
    expect(ending(await trained({ epochs: 2 }))).toMatchObject({
      result: { ...result, history: expect.anything() as unknown },
    });
    expect(result.stopped).toBe('epochs');
  });

  test('are of the call: a second one on the state has its own', async () => {
    const first = await trained({ epochs: 5, maxSteps: 3 });
    const net = linearNet();
    await trained({ epochs: 5, maxSteps: 3 }, { net, state: first.state });
    expect(net.steps).toHaveLength(3);
  });

  test('count what an interrupted process took', async () => {
    const all = keeping();
    const whole = await trained({ epochs: 5, maxSteps: 6 }, { course: all.course });
    for (const point of all.points) {
      const on = await goneOn(point, { epochs: 5, maxSteps: 6 });
      expect(on.net.steps).toHaveLength(6 - point.training.loop.step);
      expect(ending(on)).toEqual(ending(whole));
    }
    expect(all.points).toHaveLength(6);
  });
});

describe('maxTime', () => {
  /** A clock that goes on by a second a step, and by nothing else. */
  function ticking() {
    const net = linearNet();
    const at = context(net);
    const host = { ...at.host, elapsed: () => 1000 * net.steps.length };
    return { net, at: { ...at, host } };
  }

  test.each([0.5, 3, 5.5])('ends training after %d seconds of it, at the end of a step', async (maxTime) => {
    const { net, at } = ticking();
    const { result } = await trained({ epochs: 5, maxTime }, { net, at });
    expect(net.steps).toHaveLength(Math.ceil(maxTime));
    expect(result.stopped).toBe('time');
    expect(at.lines.at(-1)).toBe(`stopped: ${maxTime} s, as maxTime says`);
  });

  test('counts what an interrupted process trained', async () => {
    const all = keeping();
    const whole = ticking();
    await trained({ epochs: 5, maxTime: 6 }, { ...whole, course: all.course });
    expect(whole.net.steps).toHaveLength(6);
    for (const point of all.points) {
      const { at, net } = ticking();
      net.restore(point.engine);
      const seconds: number[] = [];
      const looks = observing({ onRestore: (ctx) => void seconds.push(ctx.trained()) });
      const { result } = await trained(
        { epochs: 5, maxTime: 6, callbacks: [looks] },
        { at, net, state: point.training, course: keeping(point).course },
      );
      expect(seconds).toEqual([point.training.loop.step]);
      expect(net.steps).toHaveLength(6 - point.training.loop.step);
      expect(result).toMatchObject({ stopped: 'time', epochs: 2 });
    }
  });

  test('is asked of the clock only where it is given', async () => {
    const clocked = async (options: object): Promise<number> => {
      const net = linearNet();
      const at = context(net);
      await trained({ epochs: 3, progress: 'silent', ...options }, { net, at });
      return at.clocked();
    };
    expect(await clocked({ maxSteps: 100 })).toBe(await clocked({}));
    expect(await clocked({ maxTime: 100 })).toBe((await clocked({})) + 3 * stepsAnEpoch);
  });

  test('is told to callbacks as seconds of training', async () => {
    const { net, at } = ticking();
    const seconds: number[] = [];
    const looks = observing({ onStepEnd: (ctx) => void seconds.push(ctx.trained()) });
    await trained({ epochs: 2, callbacks: [looks] }, { net, at });
    expect(seconds).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

test.each([
  [{ maxSteps: 0 }, /maxSteps/],
  [{ maxSteps: 1.5 }, /maxSteps/],
  [{ maxTime: 0 }, /maxTime/],
  [{ maxTime: Infinity }, /maxTime/],
  [{ callbacks: earlyStopping({ monitor: 'val_loss' }) }, /callbacks must be an array/],
])('%o is refused', (options, why) => {
  expect(() => parseTrainOptions({ epochs: 1, ...options }, { validation: true })).toThrow(why);
});
