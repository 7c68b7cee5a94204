import { describe, expect, test } from 'vitest';
import { callback, type Callback, checkCallbacks, OptionError, parseTrainOptions } from '../../src/index.js';

const check =
  (...callbacks: readonly unknown[]) =>
  (): void =>
    checkCallbacks('train()', callbacks);
const own = (more: object = {}): object => ({ name: 'own', key: '1', ...more });
const hook = (): void => undefined;

function refused(body: () => unknown): OptionError {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return error as OptionError;
  }
  throw new Error('It was not refused.');
}

describe('a hook that doesn’t exist', () => {
  test.each([
    ['onEpochEnds', 'onEpochEnd'],
    ['onepochEnd', 'onEpochEnd'],
    ['on_epoch_end', 'onEpochEnd'],
    ['OnStepEnd', 'onStepEnd'],
    ['onSaveCheckpoints', 'onSaveCheckpoint'],
    ['onRestored', 'onRestore'],
    ['onStepsEnd', 'onStepEnd'],
  ])('%s is refused by name, with the nearest: %s', (spelt, nearest) => {
    const error = refused(check({ name: 'own', key: '1', [spelt]: hook }));
    expect(error).toMatchObject({ code: 'UNKNOWN_OPTION', option: spelt, nearest });
    expect(error.message).toContain(
      `train() callback 'own' has '${spelt}', and there is no such hook. Did you mean '${nearest}'?`,
    );
    expect(refused(() => callback('own', { [spelt]: hook }))).toMatchObject({
      code: 'UNKNOWN_OPTION',
      option: spelt,
    });
  });

  test('is refused in a class, its parents’ methods and fields that are functions among them', () => {
    class Parent {
      readonly name = 'own';
      readonly key = '1';
      onTrainBatchEnd(): void {}
    }
    class Child extends Parent {
      onEpochEnd(): void {}
    }
    expect(refused(check(new Child()))).toMatchObject({ code: 'UNKNOWN_OPTION', option: 'onTrainBatchEnd' });
    class Field {
      readonly name = 'own';
      readonly key = '1';
      readonly onStpEnd = hook;
    }
    expect(refused(check(new Field()))).toMatchObject({ option: 'onStpEnd', nearest: 'onStepEnd' });
  });

  test('says which there are', () => {
    expect(refused(check(own({ onTrainEpochEnd: hook }))).message).toMatch(
      /Hooks are onFitStart, onEpochStart, .*onException\./,
    );
  });

  test.each(['once', 'only', 'online', 'restore', 'stepEnd', '_onStepEnd', 'on'])(
    'members of one’s own such as %s are none',
    (name) => {
      expect(check(own({ [name]: hook }))).not.toThrow();
    },
  );
});

describe('a callback is refused', () => {
  test.each<[string, unknown, RegExp]>([
    ['that is none', 'earlyStopping', /made of callbacks such as earlyStopping/],
    ['that is a function', (): void => undefined, /made of callbacks/],
    ['that is null', null, /made of callbacks/],
    ['without a name', { key: '1' }, /the name of a callback must be a text/],
    ['with an empty name', { name: '', key: '1' }, /the name of a callback/],
    ["with a '/' in its name", { name: 'a/b', key: '1' }, /without '\/' and '\.', and got "a\/b"/],
    ["with a '.' in its name", { name: 'a.b', key: '1' }, /without '\/' and '\.'/],
    ['without a key', { name: 'own', onStepEnd: hook }, /callback 'own': key must be given/],
    ['with an empty key', { name: 'own', key: '' }, /key must be given/],
    ['with a hook that is no function', own({ onStepEnd: 'later' }), /onStepEnd must be a function, and got "later"/],
    ['with half a state: stateDict', own({ stateDict: () => ({}) }), /stateDict and loadStateDict must be given both/],
    [
      'with half a state: loadStateDict',
      own({ loadStateDict: hook }),
      /stateDict and loadStateDict must be given both/,
    ],
    ['with a state that is no function', own({ stateDict: {}, loadStateDict: hook }), /stateDict must be a function/],
    ['with averages that are no function', own({ averages: new Map() }), /averages must be a function/],
    ['with monitors that are a text', own({ monitors: 'val_loss' }), /monitors must be an array/],
    ['with an empty monitor', own({ monitors: [''] }), /monitors must be an array/],
    ['that observes by a word', own({ observes: 'yes' }), /observes must be true or false/],
    ['that presents by a word', own({ presents: 'yes' }), /presents must be true or false/],
  ])('%s', (_, given, why) => {
    const error = refused(check(given));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toMatch(why);
  });

  test('whose name another one has', () => {
    expect(refused(check(own(), { ...own(), key: '2' })).message).toMatch(/without two of the name 'own'/);
    expect(check(own(), { ...own(), name: 'other' })).not.toThrow();
  });

  test('that looks at a score that this call has not, where nothing can log it', () => {
    const looks = { name: 'looks', identity: { kind: 'earlyStopping', args: {} }, monitors: ['val_lost'] } as Callback;
    const parse =
      (...callbacks: readonly Callback[]) =>
      () =>
        parseTrainOptions({ epochs: 1, callbacks }, { validation: true });
    expect(refused(parse(looks)).message).toMatch(
      /callback 'looks': monitor must be .*perhaps 'val_loss', and got "val_lost"/,
    );
    expect(parse(looks, own({ onStepEnd: hook }) as Callback)).not.toThrow();
    // One that presents logs nothing.
    expect(refused(parse(looks, own({ presents: true }) as Callback)).message).toMatch(/monitor must be/);
  });
});

describe('callback()', () => {
  test('looks at no scores where it says so', () => {
    expect(callback('own', { monitors: [], onEpochEnd: hook }).monitors).toEqual([]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['no hook', () => callback('own', {}), /given one hook at least/],
    ['no name', () => callback('', { onStepEnd: hook }), /the name of a callback/],
    ["a '/' in its name", () => callback('a/b', { onStepEnd: hook }), /the name of a callback/],
    [
      'an option that there is not',
      () => callback('own', { onStepEnd: hook, monitor: ['val_loss'] } as never),
      /Did you mean 'monitors'/,
    ],
    ['a hook that is no function', () => callback('own', { onStepEnd: 1 } as never), /onStepEnd must be a function/],
    [
      'a state that hooks can’t write to',
      () => callback('own', { state: 0, onStepEnd: hook } as never),
      /state must be an object/,
    ],
    ['a state of null', () => callback('own', { state: null, onStepEnd: hook } as never), /state must be an object/],
    [
      'observes that is no boolean',
      () => callback('own', { observes: 1, onStepEnd: hook } as never),
      /observes must be true or false/,
    ],
    [
      'options that there are not',
      () => callback('own', { onStepEnd: hook }, { dep: {} } as never),
      /Did you mean 'deps'/,
    ],
  ])('refuses %s', (_, make, why) => {
    expect(refused(make).message).toMatch(why);
  });

  test('refuses a state that can’t be stored, saying where it is', () => {
    const state = { list: [{ fn: () => 1 }] };
    expect(() => callback('own', { state: state as never, onStepEnd: hook })).toThrow(
      /state.*list\[0\]\.fn is .*function/,
    );
  });

  test('keeps a state of its own: what it was given is not written to', () => {
    const state = { count: 0, seen: [] as number[] };
    const made = callback('own', { state, onFitStart: (_, mine) => void (mine.count++, mine.seen.push(1)) });
    void made.onFitStart?.({} as never);
    expect(state).toEqual({ count: 0, seen: [] });
    expect(made.stateDict?.()).toEqual({ state: { count: 1, seen: [1] } });
  });
});
