import { describe, expect, test } from 'vitest';
import { type Callback, type CallbackContext, meanAbsoluteError } from '../../src/index.js';
import { hookNames } from '../../src/callbacks/hooks.js';
import { context, linearNet, numbers, snapshot } from '../training/linear-net.js';
import { deciding, goneOn, keeping, observing, seen, stepsAnEpoch, trained } from './support.js';

/** Writes down each hook that is called, and where. */
function recorder(told: string[], name: string = 'own'): Callback {
  const hooks = hookNames.map((hook) => [
    hook,
    (ctx: CallbackContext) => {
      told.push(`${name} ${hook} ${ctx.epoch} ${ctx.step}`);
    },
  ]);
  return observing(Object.fromEntries(hooks) as Partial<Callback>, name);
}

const withoutSaving = (told: readonly string[]): readonly string[] =>
  told.filter((each) => !each.includes('onSaveCheckpoint'));

/** The order that docs/guide/callbacks.md has, with the epoch and the step at each. */
function epochOf(epoch: number, name: string = 'own'): readonly string[] {
  const first = epoch * stepsAnEpoch;
  const steps = Array.from({ length: stepsAnEpoch }, (_, i) => first + i);
  const end = first + stepsAnEpoch;
  return [
    `onEpochStart ${epoch} ${first}`,
    ...steps.flatMap((step) => [`onStepStart ${epoch} ${step}`, `onStepEnd ${epoch} ${step + 1}`]),
    ...['onValidationStart', 'onValidationEnd', 'onEpochEnd'].map((hook) => `${hook} ${epoch} ${end}`),
  ].map((each) => `${name} ${each}`);
}

describe('hooks', () => {
  test('are called in the order that is documented, the validation before all with epoch −1', async () => {
    const told: string[] = [];
    await trained({ epochs: 2, callbacks: [recorder(told)] });
    expect(withoutSaving(told)).toEqual([
      'own onFitStart -1 0',
      'own onValidationStart -1 0',
      'own onValidationEnd -1 0',
      ...epochOf(0),
      ...epochOf(1),
      'own onFitEnd 1 8',
    ]);
  });

  test('those of validation are not called where there is no data for it', async () => {
    const told: string[] = [];
    await trained({ epochs: 1, callbacks: [recorder(told)] }, { validation: null });
    expect(told.filter((each) => each.includes('Validation'))).toEqual([]);
    expect(withoutSaving(told).slice(0, 2)).toEqual(['own onFitStart -1 0', 'own onEpochStart 0 0']);
  });

  test('of several callbacks are called in the order in which these are given', async () => {
    const told: string[] = [];
    await trained({ epochs: 1, callbacks: [recorder(told, 'b'), recorder(told, 'a')] });
    const hooks = withoutSaving(told);
    hooks.forEach((each, i) => expect(each.startsWith(i % 2 === 0 ? 'b ' : 'a ')).toBe(true));
    const of = (name: string): readonly string[] =>
      hooks.filter((each) => each.startsWith(name)).map((each) => each.slice(2));
    expect(of('a')).toEqual(of('b'));
  });

  test('are waited for, one after another', async () => {
    const told: string[] = [];
    let under = 0;
    const slow = (name: string): Callback => {
      const hook = (at: string) => async (): Promise<void> => {
        expect(under++).toBe(0);
        await new Promise((resolve) => setImmediate(resolve));
        told.push(`${name} ${at}`);
        under--;
      };
      const all = hookNames.filter((each) => each !== 'onSaveCheckpoint' && each !== 'onException');
      return observing(Object.fromEntries(all.map((each) => [each, hook(each)])) as Partial<Callback>, name);
    };
    const net = linearNet();
    const steps: number[] = [];
    const counts = observing({ onStepEnd: () => void steps.push(net.steps.length) }, 'counts');
    await trained({ epochs: 1, callbacks: [slow('a'), slow('b'), counts] }, { net });
    expect(told.slice(0, 4)).toEqual(['a onFitStart', 'b onFitStart', 'a onValidationStart', 'b onValidationStart']);
    expect(told.filter((each) => each.endsWith('onStepStart'))).toHaveLength(2 * stepsAnEpoch);
    // No step was taken before the hooks of the one before it were done.
    expect(steps).toEqual([1, 2, 3, 4]);
  });

  test('that return something to wait for other than a promise of this realm are waited for, too', async () => {
    let waited = 0;
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    const thenable = { then: (done: () => void) => void setImmediate(() => (waited++, done())) };
    const seenBy: number[] = [];
    await trained({
      epochs: 1,
      callbacks: [
        observing({ onStepEnd: () => thenable as unknown as Promise<void> }, 'waits'),
        observing({ onStepEnd: () => void seenBy.push(waited) }, 'after'),
      ],
    });
    expect(seenBy).toEqual([1, 2, 3, 4]);
  });

  test('see the loss and the rate of each step, its first batch before it, and the scores of the epoch after it', async () => {
    const net = linearNet();
    const first: number[] = [];
    const losses: number[] = [];
    const ends: unknown[] = [];
    const looks = observing({
      onStepStart: ({ batch, lr }) => {
        first.push(Number(batch!.get('input')!.data[0]));
        expect(lr).toBeCloseTo(0.05, 12);
      },
      onStepEnd: ({ batch, loss }) => {
        expect(batch).toBeNull();
        losses.push(loss);
      },
      onEpochEnd: (ctx) => void ends.push(seen(ctx)),
    });
    const { result } = await trained({ epochs: 2, callbacks: [looks], metrics: [meanAbsoluteError()] }, { net });
    expect(first).toEqual(net.steps.map((step) => step.first));
    expect(losses).toHaveLength(2 * stepsAnEpoch);
    result.history.forEach(({ epoch, train, val, lr }) => {
      const { loss: _, ...at } = ends[epoch] as ReturnType<typeof seen>;
      const scores = {
        train_loss: train.loss,
        train_mae: train['mae' as 'loss'],
        val_loss: val!.loss,
        val_mae: val!['mae' as 'loss'],
      };
      expect(at).toEqual({ epoch, step: (epoch + 1) * stepsAnEpoch, lr, scores });
    });
    // Seven samples in batches of two: the mean over samples is that of the steps, the last one counting half.
    const [a, b, c, d] = losses as [number, number, number, number];
    expect((2 * a + 2 * b + 2 * c + d) / 7).toBeCloseTo(result.history[0]!.train.loss, 12);
  });

  test('see the rate that the schedulers make before the first step, too', async () => {
    const rates: number[] = [];
    const looks = observing({ onFitStart: ({ lr }) => void rates.push(lr) });
    const { state } = await trained({ epochs: 3, callbacks: [looks] });
    await trained({ epochs: 1, callbacks: [looks] }, { state });
    // stepLR has divided it by ten after two epochs.
    expect(rates[0]).toBeCloseTo(0.05, 12);
    expect(rates[1]).toBeCloseTo(0.005, 12);
  });

  test('see no score of a metric where the callback says that it looks at others', async () => {
    const scores: object[] = [];
    const looks = deciding({ monitors: ['val_loss'], onEpochEnd: (ctx) => void scores.push(ctx.scores) });
    const { result } = await trained({ epochs: 1, callbacks: [looks], metrics: [meanAbsoluteError()] });
    expect(scores).toEqual([{ val_loss: result.history[0]!.val!.loss }]);
  });

  test('of steps alone see no scores, which then need not decide', async () => {
    const scores: object[] = [];
    const looks = deciding({
      onStepStart: (ctx) => void scores.push(ctx.scores),
      onStepEnd: (ctx) => void scores.push(ctx.scores),
      onSaveCheckpoint: (ctx) => void scores.push(ctx.scores),
    });
    await trained({ epochs: 3, callbacks: [looks] });
    expect(scores.every((each) => Object.keys(each).length === 0)).toBe(true);
    expect(scores.length).toBeGreaterThan(24);
  });

  test('at the beginning of a validation see what was scored on training data, where the callback looks at scores', async () => {
    const scores: object[] = [];
    await trained({
      epochs: 1,
      callbacks: [deciding({ onValidationStart: (ctx) => void scores.push(Object.keys(ctx.scores)) })],
    });
    expect(scores).toEqual([[], ['train_loss']]);
  });
});

describe('a train that is gone on with', () => {
  test.each([2, stepsAnEpoch, stepsAnEpoch + 1])(
    'after %i steps calls onLoadCheckpoint of all, then onRestore, and not onFitStart',
    async (steps) => {
      const all = keeping();
      const told: string[] = [];
      const both = (): readonly Callback[] => [recorder(told, 'a'), recorder(told, 'b')];
      await trained({ epochs: 2, callbacks: both() }, { course: all.course });
      told.length = 0;
      const at = all.points.find(({ training }) => training.loop.step === steps)!;
      await goneOn(at, { epochs: 2, callbacks: both() });
      const epoch = Math.floor(steps / stepsAnEpoch) - (steps === stepsAnEpoch ? 1 : 0);
      expect(withoutSaving(told).slice(0, 5)).toEqual([
        `a onLoadCheckpoint ${epoch} ${steps}`,
        `b onLoadCheckpoint ${epoch} ${steps}`,
        `a onRestore ${epoch} ${steps}`,
        `b onRestore ${epoch} ${steps}`,
        // It goes on within the epoch: its beginning was told before.
        steps === stepsAnEpoch ? `a onValidationStart 0 4` : `a onStepStart ${epoch} ${steps}`,
      ]);
      expect(told.some((each) => each.includes('onFitStart'))).toBe(false);
    },
  );

  test('at the end of an epoch begins the next one', async () => {
    const all = keeping();
    const told: string[] = [];
    await trained({ epochs: 2, callbacks: [recorder(told)] }, { course: all.course });
    const at = all.points.find(({ progress }) => progress.partial === null)!;
    told.length = 0;
    await goneOn(at, { epochs: 2, callbacks: [recorder(told)] });
    expect(withoutSaving(told)).toEqual([
      'own onLoadCheckpoint 0 4',
      'own onRestore 0 4',
      ...epochOf(1),
      'own onFitEnd 1 8',
    ]);
  });

  test('hands onLoadCheckpoint what onSaveCheckpoint returned then, to each its own', async () => {
    const all = keeping();
    const count = [0];
    const saves = (name: string): Callback =>
      observing({ onStepEnd: () => void count[0]!++, onSaveCheckpoint: ({ step }) => ({ name, step, count }) }, name);
    await trained({ epochs: 2, callbacks: [saves('a'), saves('b')] }, { course: all.course });
    for (const at of all.points) {
      const loaded: unknown[] = [];
      const loads = (name: string): Callback =>
        observing({ onLoadCheckpoint: (_, saved) => void loaded.push(saved) }, name);
      await goneOn(at, { epochs: 2, callbacks: [loads('a'), loads('b'), loads('new')] });
      const { step } = at.training.loop;
      // Of two callbacks that count each step.
      expect(loaded).toEqual([
        { name: 'a', step, count: [2 * step] },
        { name: 'b', step, count: [2 * step] },
        undefined,
      ]);
    }
  });

  test('from the end of an epoch, which a step failed after, has what was saved there and not what came later', async () => {
    const live = { steps: 0 };
    const all = keeping();
    const saves = observing({
      onStepEnd: ({ step }) => {
        live.steps++;
        if (step === 6) throw new Error('broken');
      },
      onSaveCheckpoint: () => live,
    });
    // Nothing is kept on the way but the last epoch's end.
    const course = { ...all.course, due: () => false };
    await expect(trained({ epochs: 3, callbacks: [saves] }, { course })).rejects.toMatchObject({
      code: 'CALLBACK_FAILED',
    });
    const at = (await all.ended())!;
    expect(at.training.loop.step).toBe(4);
    const loaded: unknown[] = [];
    await goneOn(at, {
      epochs: 3,
      callbacks: [observing({ onLoadCheckpoint: (_, saved) => void loaded.push(saved) })],
    });
    expect(loaded).toEqual([{ steps: 4 }]);
  });

  test('refuses what onSaveCheckpoint returns that can’t be stored, by the callback’s name', async () => {
    const saves = observing({ onSaveCheckpoint: () => (() => 1) as never }, 'saver');
    await expect(trained({ epochs: 1, callbacks: [saves] })).rejects.toMatchObject({
      code: 'UNRECORDABLE_VALUE',
      message: expect.stringMatching(/onSaveCheckpoint of callback 'saver'/) as unknown,
    });
    const late = observing({ onSaveCheckpoint: (async () => 1) as never }, 'late');
    await expect(trained({ epochs: 1, callbacks: [late] })).rejects.toMatchObject({ code: 'UNRECORDABLE_VALUE' });
  });
});

describe('where training throws', () => {
  test('a hook gives CALLBACK_FAILED with its cause, naming callback and hook, and the model is back where it was', async () => {
    for (const hook of hookNames.filter((each) => !['onLoadCheckpoint', 'onRestore', 'onException'].includes(each))) {
      const net = linearNet({ w: 0.5, b: 0.25 });
      const before = snapshot(net.capture());
      const cause = new TypeError('it broke');
      const broken = observing(
        {
          [hook]: () => {
            throw cause;
          },
        },
        'broken',
      );
      const run = trained({ epochs: 2, callbacks: [broken] }, { net });
      await expect(run).rejects.toMatchObject({ code: 'CALLBACK_FAILED', cause });
      await expect(run).rejects.toThrow(new RegExp(`callback 'broken' threw in ${hook}: it broke`));
      expect(snapshot(net.capture())).toEqual(before);
    }
  });

  test('so does one that rejects, and one that throws when it is gone on with', async () => {
    const cause = new Error('later');
    const broken = observing({ onStepEnd: () => Promise.reject(cause) });
    await expect(trained({ epochs: 1, callbacks: [broken] })).rejects.toMatchObject({ code: 'CALLBACK_FAILED', cause });
    const all = keeping();
    await trained({ epochs: 2 }, { course: all.course });
    for (const hook of ['onLoadCheckpoint', 'onRestore']) {
      const late = observing({
        [hook]: () => {
          throw cause;
        },
      });
      await expect(goneOn(all.points[0]!, { epochs: 2, callbacks: [late] })).rejects.toMatchObject({
        code: 'CALLBACK_FAILED',
        cause,
      });
    }
  });

  test('stateDict and loadStateDict are told by name as hooks are', async () => {
    const cause = new Error('no state');
    const fails = (): never => {
      throw cause;
    };
    const save = observing({ stateDict: fails, loadStateDict: () => undefined });
    await expect(trained({ epochs: 1, callbacks: [save] })).rejects.toMatchObject({
      code: 'CALLBACK_FAILED',
      cause,
      message: expect.stringMatching(/threw in stateDict: no state/) as unknown,
    });
    const load = observing({ stateDict: () => ({}), loadStateDict: fails });
    await expect(trained({ epochs: 1, callbacks: [load] })).rejects.toMatchObject({
      code: 'CALLBACK_FAILED',
      cause,
      message: expect.stringMatching(/threw in loadStateDict: no state/) as unknown,
    });
  });

  test('onException is given the error, of the loop, of a hook, or the reason of an abort', async () => {
    const told: unknown[] = [];
    const listens = observing({ onException: (_, error) => void told.push(error) });
    const broken = observing(
      {
        onEpochEnd: () => {
          throw new Error('it broke');
        },
      },
      'broken',
    );
    await trained({ epochs: 1, callbacks: [listens, broken] }).catch((error: unknown) => expect(told).toEqual([error]));
    told.length = 0;
    const abort = new AbortController();
    const reason = { why: 'enough' };
    const net = linearNet();
    const stops = observing({ onStepEnd: ({ step }) => void (step === 3 && abort.abort(reason)) }, 'stops');
    const run = trained(
      { epochs: 2, callbacks: [listens, stops] },
      { net, at: context(net, { signal: abort.signal }) },
    );
    await run.catch((error: unknown) => expect(error).toBe(reason));
    expect(told).toEqual([reason]);
    told.length = 0;
    const hot = trained({ epochs: 9, callbacks: [listens] }, { net: linearNet({ w: 1e200, b: 1e200 }) });
    await expect(hot).rejects.toMatchObject({ code: 'LOSS_NOT_FINITE' });
    expect(told).toEqual([expect.objectContaining({ code: 'LOSS_NOT_FINITE' })]);
  });

  test('what onException throws is said, and the first error stays', async () => {
    const net = linearNet();
    const at = context(net);
    const both = observing({
      onEpochEnd: () => {
        throw new Error('first');
      },
      onException: async () => {
        throw new Error('second');
      },
    });
    await expect(trained({ epochs: 1, callbacks: [both] }, { net, at })).rejects.toThrow(/first/);
    expect(at.lines.some((each) => /threw in onException: second/.test(each))).toBe(true);
  });

  test('a hook that waits for the signal is stopped by it, whatever it throws then', async () => {
    for (const refusal of [
      (reason: unknown) => reason,
      () => new DOMException('This operation was aborted', 'AbortError'),
    ]) {
      const abort = new AbortController();
      const reason = new Error('enough');
      const net = linearNet();
      const waits = observing({
        onStepEnd: ({ step, signal }) => {
          if (step !== 3) return;
          abort.abort(reason);
          throw refusal(signal.reason);
        },
      });
      const run = trained({ epochs: 2, callbacks: [waits] }, { net, at: context(net, { signal: abort.signal }) });
      await expect(run).rejects.toBe(reason);
    }
  });

  test('what onException does is no part of where training is gone on from', async () => {
    const all = keeping();
    const cause = new Error('enough');
    const abort = new AbortController();
    const net = linearNet();
    let failures = 0;
    const counts = {
      ...deciding({
        onStepEnd: ({ step }) => void (step === 3 && abort.abort(cause)),
        onException: () => void failures++,
      }),
      stateDict: () => ({ failures }),
      loadStateDict: (state: { readonly [name: string]: unknown }) => {
        failures = state['failures'] as number;
      },
    };
    const at = context(net, { signal: abort.signal });
    await expect(trained({ epochs: 2, callbacks: [counts] }, { net, at, course: all.course })).rejects.toBe(cause);
    expect(failures).toBe(1);
    const end = (await all.ended())!;
    expect(end.training.loop.step).toBe(3);
    expect(end.training.statefuls).toEqual({ 'callbacks/own': { failures: 0 } });
  });

  test('and it had begun an epoch, it is gone on with from the end of the one before, however much onEpochStart did', async () => {
    const all = keeping();
    let begun = 0;
    const state = {
      stateDict: () => ({ begun }),
      loadStateDict: (saved: { readonly [name: string]: unknown }) => {
        begun = saved['begun'] as number;
      },
    };
    const own = { ...deciding({ onEpochStart: () => void begun++ }), ...state };
    const fails = deciding(
      {
        onEpochStart: ({ epoch }) => {
          if (epoch === 2) throw new Error('no');
        },
      },
      'fails',
    );
    await expect(trained({ epochs: 4, callbacks: [own, fails] }, { course: all.course })).rejects.toThrow('no');
    const end = (await all.ended())!;
    expect(end.training.statefuls).toEqual({ 'callbacks/own': { begun: 2 } });
    await goneOn(end, { epochs: 4, callbacks: [own] });
    expect(begun).toBe(4);
  });

  test('the parameters that a hook had set are not left behind', async () => {
    const net = linearNet({ w: 0.5, b: 0.25 });
    const sets = deciding({
      onFitStart: (ctx) => {
        ctx.setParameters(new Map([['w', { dtype: 'float64', shape: [], data: Float64Array.of(9) }]]));
        throw new Error('no');
      },
    });
    await expect(trained({ epochs: 1, callbacks: [sets] }, { net })).rejects.toThrow('no');
    expect(numbers(net.capture().net)).toEqual({ w: 0.5, b: 0.25 });
  });
});
