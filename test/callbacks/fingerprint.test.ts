// What decides is a part of what identifies a train, and what only looks on is not.
import {
  callback,
  type Callback,
  earlyStopping,
  ema,
  lrMonitor,
  meanAbsoluteError,
  type Metric,
  metric,
  type Plain,
  r2,
} from '@reprise/core';
import { describe, expect, test } from 'vitest';
import { line, session } from '../support/session.js';
import { end, type Given, trains } from './called.js';

const metrics = (...all: readonly Metric[]): Given => ({ metrics: all as unknown as readonly [] });
const stops = (patience = 3): Callback => earlyStopping({ monitor: 'val_loss', patience });
const looks = (by = 1): Callback =>
  callback('looks', { observes: true, onEpochEnd: (ctx) => ctx.log('twice', by * ctx.epoch) }, { deps: { by } });
const counts = (name = 'counts'): Callback => callback(name, { onStepEnd: (ctx) => ctx.log('count', ctx.step) });

/** Records one call, then makes another: the message of its divergence. */
async function divergence(
  [first, given]: readonly [readonly Callback[], Given?],
  [second, other]: readonly [readonly Callback[], Given?],
): Promise<string> {
  const at = await session();
  await trains(at, first, given);
  const before = at.counts.steps;
  const error = await trains(at, second, other).then(
    () => null,
    (thrown: unknown) => thrown as Error & { readonly code: string },
  );
  expect(error?.code).toBe('DIVERGENCE');
  expect(at.counts.steps).toBe(before);
  return error!.message;
}

/** How many steps the second of two calls takes. */
async function again(
  [first, given]: readonly [readonly Callback[], Given?],
  [second, other]: readonly [readonly Callback[], Given?],
): Promise<number> {
  const at = await session();
  await trains(at, first, given);
  return (await trains(at, second, other)).steps;
}

describe('a callback that decides', () => {
  test('is a hit where it is the same, whatever object it is', async () => {
    const all = (): readonly Callback[] => [stops(), ema({ decay: 0.9 }), counts()];
    expect(await again([all()], [all()])).toBe(0);
  });

  test('diverges with another argument, and says which', async () => {
    expect(await divergence([[stops(3)]], [[stops(5)]])).toContain('callbacks.earlyStopping.patience 3 → 5');
    expect(await divergence([[ema({ decay: 0.9 })]], [[ema({ decay: 0.99 })]])).toContain(
      'callbacks.ema.decay 0.9 → 0.99',
    );
  });

  test('diverges where it is added, left out, or in another place', async () => {
    expect(await divergence([[]], [[ema()]])).toMatch(/callbacks \(none\) → \[ema\]/);
    expect(await divergence([[stops(), ema()]], [[stops()]])).toMatch(
      /callbacks \[earlyStopping, ema\] → \[earlyStopping\]/,
    );
    expect(await divergence([[stops(), ema()]], [[ema(), stops()]])).toMatch(
      /callbacks \[earlyStopping, ema\] → \[ema, earlyStopping\]/,
    );
  });

  test('of one’s own diverges by what its hooks do, what they close over, and its state at the beginning', async () => {
    const own = (step: number, state: Plain = { n: 0 }): Callback =>
      callback('own', { state, onStepEnd: (ctx) => ctx.log('k', step * ctx.step) }, { deps: { step } });
    expect(await again([[own(1)]], [[own(1)]])).toBe(0);
    expect(await divergence([[own(1)]], [[own(2)]])).toContain('callbacks.own.onStepEnd');
    expect(await divergence([[own(1)]], [[own(1, { n: 1 })]])).toContain('callbacks.own.state { n: 0 } → { n: 1 }');
    const other = callback('own', { state: { n: 0 }, onEpochEnd: (ctx) => ctx.log('k', ctx.step) });
    expect(await divergence([[own(1)]], [[other]])).toMatch(/callbacks\.own\.onEpochEnd/);
  });

  test('of a class diverges by its key, and by the state that it was first given with', async () => {
    class Own implements Callback {
      readonly name = 'own';
      readonly key: string;
      #count: number;
      constructor(key: string, count = 0) {
        this.key = key;
        this.#count = count;
      }
      onStepEnd(): void {
        this.#count++;
      }
      stateDict() {
        return { count: this.#count };
      }
      loadStateDict(state: { readonly [name: string]: unknown }): void {
        this.#count = state['count'] as number;
      }
    }
    expect(await again([[new Own('1')]], [[new Own('1')]])).toBe(0);
    expect(await divergence([[new Own('1')]], [[new Own('2')]])).toContain('callbacks.own 1 → 2');
    expect(await divergence([[new Own('1')]], [[new Own('1', 7)]])).toContain('callbacks.own.state');
  });

  test('that closes over what isn’t given is refused by name, unless a key stands for it', async () => {
    const at = await session();
    const outside = { factor: 2 };
    const free = callback('own', { onStepEnd: (ctx) => ctx.log('k', outside.factor) });
    await expect(trains(at, [free])).rejects.toMatchObject({
      code: 'FREE_VARIABLE',
      message: expect.stringContaining('outside') as unknown,
    });
    const seen = callback('own', { observes: true, onStepEnd: (ctx) => ctx.log('k', outside.factor) });
    await expect(trains(at, [seen])).rejects.toMatchObject({ code: 'FREE_VARIABLE' });
    expect(at.counts.steps).toBe(0);
    const keyed = callback('own', { onStepEnd: (ctx) => ctx.log('k', outside.factor) }, { key: 'factor' });
    expect((await trains(at, [keyed])).steps).toBeGreaterThan(0);
  });

  test('cannot be passed off as an argument of another one', async () => {
    const named = (name: string): Callback => ({ name, key: '1' });
    await expect(trains(await session(), [stops(), named('earlyStopping.patience')])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  test('a limit diverges, too', async () => {
    expect(await divergence([[], { maxSteps: 3 }], [[], { maxSteps: 4 }])).toContain('maxSteps 3 → 4');
    expect(await divergence([[]], [[], { maxTime: 60 }])).toContain('maxTime (none) → 60');
  });
});

describe('metrics and validation data', () => {
  const other = line(24, 5);

  test('decide where a callback looks at them, and nowhere else', async () => {
    expect(await again([[stops()]], [[stops()], metrics(meanAbsoluteError())])).toBe(0);
    expect(await divergence([[stops()]], [[stops()], { validation: other }])).toContain('data.validation');
    const mae = earlyStopping({ monitor: 'val_mae' });
    expect(await again([[mae], metrics(meanAbsoluteError())], [[mae], metrics(meanAbsoluteError(), r2())])).toBe(0);
    const own = (by: number): Metric =>
      metric(
        'mae',
        { mode: 'min', init: () => by, update: (acc: number) => acc, result: (acc: number) => acc },
        { deps: { by } },
      );
    expect(await divergence([[mae], metrics(own(1))], [[mae], metrics(own(2))])).toContain('metrics.mae');
  });

  test('don’t decide where it looks at none: an average, or what counts steps', async () => {
    for (const all of [
      [ema()],
      [counts()],
      [callback('own', { monitors: [], onEpochEnd: (ctx) => ctx.log('k', ctx.step) })],
    ]) {
      expect(await again([all], [all, metrics(meanAbsoluteError())])).toBe(0);
      expect(await again([all], [all, { validation: other }])).toBe(0);
      expect(await again([all], [all, { validation: null }])).toBe(0);
    }
  });

  test('decide where it doesn’t say what it looks at, and is told of the end of an epoch or of validations', async () => {
    for (const hook of ['onEpochEnd', 'onValidationStart', 'onValidationEnd', 'onFitEnd'] as const) {
      const all = [
        callback('own', {
          [hook]: (ctx: { step: number; log(key: string, value: number): void }) => ctx.log('k', ctx.step),
        }),
      ];
      expect(await divergence([all], [all, metrics(meanAbsoluteError())])).toContain('metrics.mae');
      expect(await divergence([all], [all, { validation: other }])).toContain('data.validation');
    }
  });

  test('whether there is a validation decides where a hook of it is called, whatever it looks at', async () => {
    const all = [callback('own', { monitors: [], onValidationStart: (ctx) => ctx.log('k', ctx.step) })];
    expect(await divergence([all], [all, { validation: null }])).toContain('data.validation');
    expect(await again([all], [all, metrics(meanAbsoluteError())])).toBe(0);
  });
});

describe('a callback that only observes', () => {
  test('never diverges: added, changed, moved or left out, the train is a hit', async () => {
    const calls: readonly (readonly Callback[])[] = [
      [],
      [looks(1)],
      [looks(2)],
      [looks(1), lrMonitor()],
      [lrMonitor(), looks(1)],
      [lrMonitor({ per: 'epoch' })],
    ];
    for (const first of calls.slice(0, 3)) {
      for (const second of calls) expect(await again([[stops(), ...first]], [[stops(), ...second]])).toBe(0);
    }
  });

  test('what it logged is there again where it is, and absent where it isn’t', async () => {
    const at = await session();
    const first = await trains(at, [counts(), looks(), lrMonitor()]);
    expect(Object.keys(first.result.logged!).sort()).toEqual(['count', 'lr', 'twice']);
    expect(end(await trains(at, [counts(), looks(), lrMonitor()]))).toEqual(end(first));
    const { twice, count, lr } = first.result.logged!;
    expect((await trains(at, [counts(), looks()])).result.logged).toEqual({ twice, count });
    expect((await trains(at, [lrMonitor(), counts()])).result.logged).toEqual({ lr, count });
    expect((await trains(at, [counts(), looks(2)])).result.logged).toEqual({ count });
    const bare = await session();
    await trains(bare, [looks()]);
    expect('logged' in (await trains(bare, [])).result).toBe(false);
  });

  test('what the record lacks of it is said, by its name', async () => {
    const at = await session();
    await trains(at, [counts()]);
    at.printed.length = 0;
    expect((await trains(at, [counts(), looks()])).steps).toBe(0);
    expect(at.printed.join('')).toContain("train #1 was recorded without what callback 'looks' logs");
    at.printed.length = 0;
    await trains(at, [counts()]);
    expect(at.printed.join('')).not.toContain('was recorded without');
  });

  test('that only presents lacks nothing, and needs no more than its key', async () => {
    const at = await session();
    const told: number[] = [];
    const shows: Callback = {
      name: 'shows',
      key: 'shows',
      presents: true,
      onEpochEnd: (ctx) => void told.push(ctx.epoch),
    };
    await trains(at, [counts()]);
    at.printed.length = 0;
    expect((await trains(at, [counts(), shows])).steps).toBe(0);
    expect(at.printed.join('')).not.toContain('was recorded without');
    const fresh = await session();
    await trains(fresh, [shows]);
    expect(told).toEqual([0, 1, 2]);
  });

  test('that another has the name of, when an interrupted train is gone on with, begins anew and has only what it logs itself', async () => {
    const at = await session();
    const fails = { now: true };
    const failing = callback(
      'failing',
      {
        onStepEnd: (ctx) => {
          if (ctx.step === 8 && fails.now) throw new Error('no');
        },
      },
      { key: 'fails' },
    );
    const sum = (from: number): Callback =>
      callback('sum', { observes: true, state: { sum: from }, onStepEnd: (ctx, state) => ctx.log('sum', ++state.sum) });
    await expect(trains(at, [failing, sum(0)], { snapshots: { every: { steps: 1 } } })).rejects.toMatchObject({
      code: 'CALLBACK_FAILED',
    });
    fails.now = false;
    const { result } = await trains(at, [failing, sum(100)]);
    const own = result.logged!['sum']!.values;
    expect(own).toEqual(Float64Array.from({ length: own.length }, (_, i) => 101 + i));
    expect(own.length).toBeGreaterThanOrEqual(7);
    expect(own.length).toBeLessThan(10);
    expect(at.printed.join('')).toContain("was recorded without what callback 'sum' logs");
  });
});
