import { describe, expect, test } from 'vitest';
import {
  type Callback,
  ema,
  type EmaOptions,
  mse,
  parseEvaluateOptions,
  reduceOnPlateau,
  sgd,
} from '../../src/index.js';
import { evaluate } from '../../src/training/evaluate/evaluate.js';
import { context, linearNet, numbers } from '../training/linear-net.js';
import { line, trainingState } from '../training/support.js';
import { deciding, ending, goneOn, keeping, observing, stepsAnEpoch, trained } from './support.js';

type Numbers = { readonly [name: string]: number };

/** The parameters before the first step, and after each. */
function watching(seen: Numbers[]): Callback {
  const look: Callback['onStepEnd'] = (ctx) => void seen.push(numbers(ctx.parameters()));
  return observing({ onFitStart: look, onStepEnd: look }, 'watching');
}

/** A weighted sum over what the parameters were, in place of the recurrence. */
function averageOf(seen: readonly Numbers[], decays: readonly number[], every = 1): Numbers {
  const used = seen.filter((_, i) => i % every === 0);
  const updates = used.length - 1;
  const weight = (i: number): number => {
    const after = decays.slice(i, updates).reduce((product, decay) => product * decay, 1);
    return i === 0 ? after : (1 - decays[i - 1]!) * after;
  };
  return Object.fromEntries(
    Object.keys(seen[0]!).map((name) => [name, used.reduce((sum, each, i) => sum + weight(i) * each[name]!, 0)]),
  );
}

async function averaged(options: EmaOptions, more: object = {}, epochs = 3) {
  const seen: Numbers[] = [];
  const run = await trained({ epochs, callbacks: [watching(seen), ema(options)], ...more });
  return { ...run, seen, end: numbers(run.net.capture().net) };
}

function expectNear(actual: Numbers, expected: Numbers): void {
  for (const [name, value] of Object.entries(expected)) expect(actual[name]).toBeCloseTo(value, 12);
}

describe('ema', () => {
  test.each([0, 0.5, 0.9, 0.999])(
    'with decay %d ends at the weighted sum over the parameters of all steps',
    async (decay) => {
      const { seen, end } = await averaged({ decay });
      expect(seen).toHaveLength(1 + 3 * stepsAnEpoch);
      expectNear(
        end,
        averageOf(
          seen,
          Array.from({ length: 12 }, () => decay),
        ),
      );
      if (decay > 0) expect(end['w']).not.toBeCloseTo(seen.at(-1)!['w']!, 6);
    },
  );

  test('warmed up, its decay at update n is at most (1 + n) / (10 + n)', async () => {
    const { seen, end } = await averaged({ decay: 0.35, warmup: true });
    const decays = Array.from({ length: 12 }, (_, n) => Math.min(0.35, (1 + n) / (10 + n)));
    // The least that there is of each: 1/10, then 2/11, …, until 0.35 is less.
    expect(decays.filter((decay) => decay < 0.35)).toHaveLength(4);
    expectNear(end, averageOf(seen, decays));
  });

  test.each([2, 3, 5])('every %i steps looks at the parameters then alone', async (every) => {
    const { seen, end } = await averaged({ decay: 0.8, every });
    expectNear(
      end,
      averageOf(
        seen,
        Array.from({ length: 12 }, () => 0.8),
        every,
      ),
    );
  });

  test('counts updates, where several batches make one', async () => {
    const { seen, end } = await averaged({ decay: 0.8 }, { accumulate: 3 });
    expect(seen).toHaveLength(1 + 3 * 2);
    expectNear(
      end,
      averageOf(
        seen,
        Array.from({ length: 6 }, () => 0.8),
      ),
    );
  });

  test('leaves training as it is: the same steps, and the averages only validate and end it', async () => {
    const { net, seen } = await averaged({ decay: 0.9 });
    const plain: Numbers[] = [];
    const without = await trained({ epochs: 3, callbacks: [watching(plain)] });
    expect(seen).toEqual(plain);
    expect(net.steps).toEqual(without.net.steps);
    expect(net.capture().optimizer).toEqual(without.net.capture().optimizer);
  });

  test('validates with the averages: their loss, epoch by epoch', async () => {
    const epochs = 4;
    const { result, seen } = await averaged({ decay: 0.7 }, {}, epochs);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const steps = (epoch + 1) * stepsAnEpoch;
      const at = averageOf(
        seen.slice(0, steps + 1),
        Array.from({ length: steps }, () => 0.7),
      );
      const net = linearNet({ w: at['w']!, b: at['b']! });
      const data = line([0.25, 1.25, -1.75], 2, 0.5);
      const { loss } = await evaluate(context(net), trainingState(), data, parseEvaluateOptions({ batchSize: 2 }));
      expect(result.history[epoch]!.val!.loss).toBeCloseTo(loss!, 12);
    }
    const first = await trained({ epochs: 1 });
    // Before the first step they are the parameters themselves.
    expect(result.initial).toEqual(first.result.initial);
  });

  test('loadBest goes back to the averages of the best epoch', async () => {
    // With such a rate the parameters go past the best, and the averages follow them there later.
    const state = trainingState({ optimizer: sgd({ lr: 0.02, momentum: 0.9 }) });
    const seen: Numbers[] = [];
    const options = { epochs: 12, loadBest: true, callbacks: [watching(seen), ema({ decay: 0.6 })] };
    const { result, net } = await trained(options, { state });
    expect(result.loaded).toBe('best');
    const { epoch } = result.best!;
    expect(epoch).toBeGreaterThan(0);
    const steps = (epoch + 1) * stepsAnEpoch;
    const best = averageOf(
      seen.slice(0, steps + 1),
      Array.from({ length: steps }, () => 0.6),
    );
    expectNear(numbers(net.capture().net), best);
    expect(result.best!.value).toBe(Math.min(...result.history.map(({ val }) => val!.loss)));
  });

  test('leaves frozen parameters alone, and knows nothing of them', async () => {
    const all = keeping();
    const state = trainingState({ optimizer: sgd({ lr: 0.05 }) });
    const { net } = await trained(
      { epochs: 2, freeze: ['w'], callbacks: [ema({ decay: 0.9 })] },
      { course: all.course, state, net: linearNet({ w: 0.25, b: 0 }) },
    );
    expect(numbers(net.capture().net)['w']).toBe(0.25);
    const { 'callbacks/ema': stored } = all.points.at(-1)!.training.statefuls!;
    expect(Object.keys(stored!).sort()).toEqual(['of/b', 'steps', 'updates']);
  });

  test('may be of parameters of any name', async () => {
    const all = keeping();
    const renamed = linearNet();
    const names: { readonly [name: string]: string } = { w: 'steps', b: 'updates' };
    const there = <T>(tensors: ReadonlyMap<string, T>): Map<string, T> =>
      new Map([...tensors].map(([name, tensor]) => [names[name] ?? name, tensor]));
    const back = <T>(tensors: ReadonlyMap<string, T>): Map<string, T> =>
      new Map(
        [...tensors].map(([name, tensor]) => [Object.keys(names).find((key) => names[key] === name) ?? name, tensor]),
      );
    const { description } = renamed;
    const net = {
      ...renamed,
      description: {
        ...description,
        parameters: description.parameters.map((each) => ({ ...each, name: names[each.name]! })),
      },
      capture: () => ({ ...renamed.capture(), net: there(renamed.capture().net) }),
      restore: (state: ReturnType<typeof renamed.capture>) => renamed.restore({ ...state, net: back(state.net) }),
    };
    const options = { epochs: 2, callbacks: [ema({ decay: 0.8 })] };
    await trained(options, { net, course: all.course });
    const whole = await trained({ epochs: 2, callbacks: [ema({ decay: 0.8 })] });
    expect(numbers(net.capture().net)).toEqual({
      steps: numbers(whole.net.capture().net)['w'],
      updates: numbers(whole.net.capture().net)['b'],
    });
    const { 'callbacks/ema': stored } = all.points[2]!.training.statefuls!;
    expect(stored).toMatchObject({
      steps: 3,
      updates: 3,
      'of/steps': expect.anything() as unknown,
      'of/updates': expect.anything() as unknown,
    });
  });

  test('its snapshots stay what they were, whichever are gone on from, and how often', async () => {
    const all = keeping();
    const options = (): object => ({ epochs: 3, loadBest: true, callbacks: [ema({ decay: 0.7 })] });
    const whole = ending(await trained(options(), { course: all.course }));
    for (const point of [...all.points, ...all.points.toReversed()]) {
      expect(ending(await goneOn(point, options()))).toEqual(whole);
    }
  });

  test('begins anew with each train, of the parameters that are there then', async () => {
    const callback = ema({ decay: 0.9 });
    const first = await trained({ epochs: 1, callbacks: [callback] });
    const seen: Numbers[] = [];
    const net = linearNet();
    net.restore(first.net.capture());
    await trained({ epochs: 1, callbacks: [watching(seen), callback] }, { net, state: first.state });
    expectNear(
      numbers(net.capture().net),
      averageOf(
        seen,
        Array.from({ length: 4 }, () => 0.9),
      ),
    );
    expect(first.state.statefuls).toBeUndefined();
  });

  test('is what a scheduler and other callbacks see the scores of', async () => {
    const scores: number[] = [];
    const looks = deciding({ onEpochEnd: (ctx) => void scores.push(ctx.scores['val_loss']!) });
    const state = trainingState({
      optimizer: sgd({ lr: 0.05 }),
      epochScheduler: reduceOnPlateau({ monitor: 'val_loss', patience: 0, threshold: 10, thresholdMode: 'abs' }),
    });
    const { result } = await trained({ epochs: 3, callbacks: [ema({ decay: 0.99 }), looks] }, { state });
    expect(scores).toEqual(result.history.map(({ val }) => val!.loss));
    expect(result.history.map(({ lr }) => lr)).toEqual([0.05, 0.05, expect.closeTo(0.005, 12)]);
    expect(state.loss).toEqual(mse());
  });

  test('shows hooks the parameters that are trained', async () => {
    const seen: Numbers[] = [];
    const ends: Numbers[] = [];
    const looks = observing({
      onValidationEnd: (ctx) => void ends.push(numbers(ctx.parameters())),
      onEpochEnd: (ctx) => void ends.push(numbers(ctx.parameters())),
    });
    await trained({ epochs: 1, callbacks: [watching(seen), ema({ decay: 0.9 }), looks] });
    expect(ends).toEqual([seen[0], seen.at(-1), seen.at(-1)]);
  });

  test.each([
    [{ decay: 1 }, /decay/],
    [{ decay: -0.1 }, /decay/],
    [{ every: 0 }, /every/],
    [{ warmup: 1 }, /warmup/],
    [{ decya: 0.5 }, /Did you mean 'decay'/],
  ])('%o is refused', (options, why) => {
    expect(() => ema(options as never)).toThrow(why);
  });
});
