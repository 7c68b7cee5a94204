import { describe, expect, test } from 'vitest';
import {
  type Callback,
  type CallbackContext,
  lrMonitor,
  meanAbsoluteError,
  reduceOnPlateau,
  sgd,
  stepLR,
} from '../../src/index.js';
import { trainingState } from '../training/support.js';
import { deciding, observing, stepsAnEpoch, trained } from './support.js';

const f64 = (...values: readonly number[]): Float64Array => Float64Array.from(values);

async function logged(hooks: Partial<Callback>, more: object = {}) {
  const { result } = await trained({ epochs: 2, callbacks: [observing(hooks, 'logs')], ...more });
  return result.logged;
}

describe('ctx.log', () => {
  test('in the hooks of steps keeps each value, with the step and the epoch that it belongs to', async () => {
    expect(await logged({ onStepEnd: (ctx) => ctx.log('k', 10 * ctx.step) })).toEqual({
      k: {
        by: 'logs',
        per: 'step',
        steps: f64(1, 2, 3, 4, 5, 6, 7, 8),
        epochs: f64(0, 0, 0, 0, 1, 1, 1, 1),
        values: f64(10, 20, 30, 40, 50, 60, 70, 80),
      },
    });
  });

  test('in the others, or where it is told so, keeps the mean over the epoch', async () => {
    const perEpoch = (value: Float64Array) => ({
      k: { by: 'logs', per: 'epoch', steps: f64(4, 8), epochs: f64(0, 1), values: value },
    });
    expect(await logged({ onEpochEnd: (ctx) => ctx.log('k', ctx.epoch + 5) })).toEqual(perEpoch(f64(5, 6)));
    expect(await logged({ onStepEnd: (ctx) => ctx.log('k', ctx.step, { per: 'epoch' }) })).toEqual(
      perEpoch(f64(2.5, 6.5)),
    );
    expect(
      await logged({ onStepEnd: (ctx) => void (ctx.step % 4 === 2 && ctx.log('k', ctx.step, { per: 'epoch' })) }),
    ).toEqual(perEpoch(f64(2, 6)));
  });

  test('keeps what is logged before the first epoch, and after the last', async () => {
    const both = await logged({
      onFitStart: (ctx) => ctx.log('first', 1),
      onValidationEnd: (ctx) => ctx.log('first', 3),
      onFitEnd: (ctx) => ctx.log('last', 9),
    });
    expect(both).toEqual({
      first: { by: 'logs', per: 'epoch', steps: f64(0, 4, 8), epochs: f64(-1, 0, 1), values: f64(2, 3, 3) },
      last: { by: 'logs', per: 'epoch', steps: f64(8), epochs: f64(1), values: f64(9) },
    });
  });

  test('skips epochs in which nothing was logged, and keeps NaN and infinities', async () => {
    const some = await logged({
      onStepEnd: (ctx) => ctx.log('bad', ctx.step === 2 ? Number.NaN : Infinity),
      onEpochEnd: (ctx) => void (ctx.epoch === 1 && ctx.log('some', Number.NaN)),
    });
    expect(some!['bad']!.values).toEqual(f64(Infinity, Number.NaN, ...Array.from({ length: 6 }, () => Infinity)));
    expect(some!['some']).toMatchObject({ epochs: f64(1), values: f64(Number.NaN) });
  });

  test('is left out of results where nothing was logged', async () => {
    expect(
      'logged' in (await trained({ epochs: 1, callbacks: [observing({ onStepEnd: () => undefined })] })).result,
    ).toBe(false);
  });

  test('is seen as scores by what looks on, as means over the epoch, from the end of its steps on', async () => {
    const seen: [string, number | undefined][] = [];
    const look = (hook: string) => (ctx: CallbackContext) => void seen.push([hook, ctx.scores['k']]);
    await trained({
      epochs: 1,
      callbacks: [
        observing({ onStepEnd: (ctx) => ctx.log('k', ctx.step), onEpochEnd: (ctx) => ctx.log('late', 1) }, 'logs'),
        observing(
          { onValidationStart: look('start'), onValidationEnd: look('end'), onEpochEnd: look('epoch') },
          'looks',
        ),
        observing({ onEpochEnd: (ctx) => expect(ctx.scores['late']).toBe(1) }, 'later'),
      ],
    });
    expect(seen.slice(2)).toEqual([
      ['start', 2.5],
      ['end', 2.5],
      ['epoch', 2.5],
    ]);
  });

  test.each<[string, string, (ctx: CallbackContext) => void, RegExp]>([
    ['the key of a score', 'onEpochEnd', (ctx) => ctx.log('val_loss', 1), /'val_loss' is a score of this call already/],
    ['the key of a metric’s score', 'onEpochEnd', (ctx) => ctx.log('train_mae', 1), /'train_mae' is a score/],
    [
      'another callback’s key',
      'onEpochEnd',
      (ctx) => ctx.log('taken', 1),
      /'taken' is logged by the callback 'first' already/,
    ],
    [
      'another way',
      'onEpochEnd',
      (ctx) => {
        ctx.log('k', 1);
        ctx.log('k', 1, { per: 'step' });
      },
      /'k' is logged per epoch already. Say \{ per: 'epoch' \}/,
    ],
    ['what is no number', 'onStepEnd', (ctx) => ctx.log('k', '1' as never), /'k' needs a number, and got "1"/],
    ['nothing', 'onStepEnd', (ctx) => ctx.log('k', undefined as never), /needs a number, and got undefined/],
    ['without a key', 'onStepEnd', (ctx) => ctx.log('', 1), /the key has to be a text/],
    ['per batch', 'onStepEnd', (ctx) => ctx.log('k', 1, { per: 'batch' as never }), /per has to be 'step' or 'epoch'/],
    [
      'with an unknown option',
      'onStepEnd',
      (ctx) => ctx.log('k', 1, { pre: 'step' } as never),
      /no option 'pre'. Did you mean 'per'/,
    ],
  ])('refuses %s', async (_, hook, body, why) => {
    const first = observing({ onStepEnd: (ctx) => ctx.log('taken', 1) }, 'first');
    const run = trained({
      epochs: 1,
      metrics: [meanAbsoluteError()],
      callbacks: [first, observing({ [hook]: body }, 'logs')],
    });
    await expect(run).rejects.toMatchObject({ where: "callback 'logs' log()" });
    await expect(run).rejects.toThrow(why);
  });

  test('that was refused leaves no trace where the hook goes on', async () => {
    const told = await logged({
      onStepEnd: (ctx) => {
        try {
          ctx.log('k', 'no' as never);
        } catch {
          // It goes on.
        }
      },
    });
    expect(told).toBeUndefined();
  });

  test('is refused to what only presents, which leaves nothing in results', async () => {
    const presents: Callback = { name: 'p', key: 'p', presents: true, onStepEnd: (ctx) => ctx.log('k', 1) };
    await expect(trained({ epochs: 1, callbacks: [presents] })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/'p' called ctx\.log\(\) and says that it only presents/) as unknown,
    });
  });
});

describe('what decides', () => {
  const plateau = (monitor: string) =>
    trainingState({
      optimizer: sgd({ lr: 0.05 }),
      epochScheduler: reduceOnPlateau({ monitor, patience: 0, factor: 0.1 }),
    });
  const logs = (ctx: CallbackContext): void => ctx.log('gap', [3, 3, 1][ctx.epoch] ?? 1);

  test('a scheduler looks at what a deciding callback logs', async () => {
    const { result } = await trained(
      { epochs: 4, callbacks: [deciding({ onEpochEnd: logs })] },
      { state: plateau('gap') },
    );
    const [a, b, c, d] = result.history.map(({ lr }) => lr);
    expect([a, b]).toEqual([0.05, 0.05]);
    // 3 after 3 is no better, 1 after 3 is.
    expect(c).toBeCloseTo(0.005, 12);
    expect(d).toBeCloseTo(0.005, 12);
  });

  test('one that looks at what an observing callback logs is refused, saying why', async () => {
    const run = trained(
      { epochs: 4, callbacks: [observing({ onEpochEnd: logs }), deciding({ onStepEnd: () => undefined }, 'other')] },
      { state: plateau('gap') },
    );
    await expect(run).rejects.toMatchObject({ code: 'INVALID_OPTION', option: 'epochScheduler' });
    await expect(run).rejects.toThrow(
      /looks at 'gap', which is logged by a callback that only observes. Leave `observes` out/,
    );
  });

  test('one that looks at what nothing can log is refused before a step is taken', async () => {
    for (const callbacks of [[], [lrMonitor()], [observing({ onEpochEnd: logs })]]) {
      const steps: number[] = [];
      const counts = observing({ onStepEnd: (ctx) => void steps.push(ctx.step) }, 'counts');
      const run = trained({ epochs: 4, callbacks: [...callbacks, counts] }, { state: plateau('gap') });
      await expect(run).rejects.toThrow(/the epochScheduler looks at 'gap', and this call has no such figure/);
      expect(steps).toEqual([]);
    }
  });

  test('one that looks at what a deciding callback might have logged and has not is refused at the end of the epoch', async () => {
    const run = trained({ epochs: 4, callbacks: [deciding({ onEpochEnd: logs })] }, { state: plateau('gop') });
    await expect(run).rejects.toThrow(/looks at 'gop', and this call has no such figure.*train_loss, val_loss, gap/);
  });

  test('a deciding callback is shown nothing that an observing one has logged', async () => {
    const shown: string[][] = [];
    const known: string[][] = [];
    const looks = deciding(
      {
        onEpochEnd: (ctx) => {
          shown.push(Object.keys(ctx.scores).sort());
          known.push([...ctx.known()].sort());
        },
      },
      'looks',
    );
    const by = (name: string, observes: boolean): Callback => ({
      name,
      key: name,
      observes,
      onStepEnd: (ctx) => ctx.log(name, 1),
    });
    await trained({ epochs: 1, callbacks: [by('a', true), by('b', false), looks] });
    expect(shown).toEqual([['b', 'train_loss', 'val_loss']]);
    expect(known).toEqual(shown);
  });
});

describe('lrMonitor', () => {
  test('logs the rate of each step, or of the last one of each epoch', async () => {
    const state = (): ReturnType<typeof trainingState> =>
      trainingState({ optimizer: sgd({ lr: 0.1 }), stepScheduler: stepLR({ stepSize: 1, gamma: 0.5 }) });
    const rates = Array.from({ length: 2 * stepsAnEpoch }, (_, step) => 0.1 * 0.5 ** step);
    const each = await trained({ epochs: 2, callbacks: [lrMonitor()] }, { state: state() });
    expect(each.result.logged).toEqual({
      lr: {
        by: 'lrMonitor',
        per: 'step',
        steps: f64(1, 2, 3, 4, 5, 6, 7, 8),
        epochs: f64(0, 0, 0, 0, 1, 1, 1, 1),
        values: f64(...rates),
      },
    });
    const last = await trained(
      { epochs: 2, callbacks: [lrMonitor({ per: 'epoch', key: 'rate' })] },
      { state: state() },
    );
    expect(last.result.logged).toEqual({
      rate: { by: 'lrMonitor', per: 'epoch', steps: f64(4, 8), epochs: f64(0, 1), values: f64(rates[3]!, rates[7]!) },
    });
  });

  test('logs the rate of each group of the optimizer by its name', async () => {
    const state = trainingState({
      optimizer: sgd({ lr: 0.1, groups: [{ parameters: ['w'], lr: 0.01, name: 'slope' }] }),
    });
    const { result } = await trained({ epochs: 1, callbacks: [lrMonitor({ per: 'epoch' })] }, { state });
    const values = Object.entries(result.logged ?? {}).map(([key, series]) => [key, [...series.values]]);
    expect(values).toEqual([
      ['lr', [0.1]],
      ['lr/default', [0.1]],
      ['lr/slope', [0.01]],
    ]);
  });

  test.each([
    [{ per: 'batch' }, /per/],
    [{ key: '' }, /key/],
    [{ keys: 'lr' }, /Did you mean 'key'/],
  ])('%o is refused', (options, why) => {
    expect(() => lrMonitor(options as never)).toThrow(why);
  });
});
