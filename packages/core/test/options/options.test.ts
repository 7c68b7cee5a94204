import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../src/options/check-options.js';
import { editDistance, nearest } from '../../src/options/nearest.js';
import { OptionError } from '../../src/errors/option-error.js';
import * as validators from '../../src/options/validators.js';

const caught = (run: () => void): OptionError => {
  try {
    run();
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('checkOptions', () => {
  const known = ['epochs', 'batchSize', 'shuffle', 'watch'];

  it('accepts known options, an empty object and none at all', () => {
    checkOptions('train()', { epochs: 1, watch: 'loss' }, known);
    checkOptions('train()', {}, known);
    checkOptions('train()', Object.create(null), known);
    checkOptions('train()', undefined, known);
  });

  it('refuses an unknown option and names the nearest one', () => {
    const error = caught(() => checkOptions('train()', { batchsize: 32 }, known));
    expect(error).toMatchObject({
      code: 'UNKNOWN_OPTION',
      where: 'train()',
      option: 'batchsize',
      nearest: 'batchSize',
      known,
    });
    expect(error.message).toContain("train() has no option 'batchsize'. Did you mean 'batchSize'?");
  });

  it('names none where none is near', () => {
    expect(caught(() => checkOptions('train()', { verbosity: 1 }, known)).nearest).toBeUndefined();
  });

  it('refuses an unknown option even where its value is undefined', () => {
    expect(caught(() => checkOptions('train()', { epoch: undefined }, known)).nearest).toBe('epochs');
  });

  it.each([[null], [3], ['fast'], [[]], [new Map()], [() => 1]])('refuses %o in the place of options', (value) => {
    expect(caught(() => checkOptions('train()', value, known)).code).toBe('INVALID_OPTION');
  });
});

describe('nearest', () => {
  it('counts edits as published examples do', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('saturday', 'sunday')).toBe(3);
    expect(editDistance('wtach', 'watch')).toBe(1);
    expect(editDistance('', 'lr')).toBe(2);
  });

  it('is not misled by short names', () => {
    expect(nearest('k', ['lr', 'watch'])).toBeUndefined();
    expect(nearest('rl', ['lr', 'watch'])).toBe('lr');
  });
});

const { positiveInteger, nonNegativeInteger, finiteNumber, positiveNumber, boolean, string, func } = validators;
const checks = { positiveInteger, nonNegativeInteger, finiteNumber, positiveNumber, boolean, string, func };

describe('validators', () => {
  it.each([
    ['positiveInteger', [1, 20], [0, -1, 1.5, NaN, Infinity, '3', undefined, null]],
    ['nonNegativeInteger', [0, 7], [-1, 0.5, '0', 2 ** 53]],
    ['finiteNumber', [0, -1.5, 1e300], [NaN, Infinity, '1', null]],
    ['positiveNumber', [1e-9, 3], [0, -1, NaN, Infinity]],
    ['boolean', [true, false], [0, 'true', null]],
    ['string', ['a'], ['', 3, null]],
    ['func', [() => 1, Map], ['f', {}]],
  ] as const)('%s accepts and refuses what it says', (name, good, bad) => {
    const validate: (where: string, option: string, value: unknown) => void = checks[name];
    for (const value of good) validate('train()', 'x', value);
    for (const value of bad) expect(() => validate('train()', 'x', value)).toThrow(OptionError);
  });

  it('says what was expected and what came', () => {
    expect(() => validators.positiveInteger('train()', 'epochs', 'many')).toThrow(
      'train(): epochs must be a whole number from 1, and got "many". [INVALID_OPTION]',
    );
    expect(() => validators.oneOf('fit()', 'mode', 'best', ['min', 'max'])).toThrow(
      'mode must be "min" or "max", and got "best"',
    );
  });
});
