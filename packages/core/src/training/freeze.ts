import { OptionError } from '../errors/option-error.js';
import { nearest } from '../options/nearest.js';
import { refuse } from '../options/validators.js';
import type { NetDescription } from '../ports/engine.js';

/**
 * The parameters that patterns name, in the net's order. `*` stands for any characters, dots included.
 * @throws OptionError `INVALID_OPTION` where a pattern names no parameter, or nothing would be left to train
 */
export function frozenNames(
  patterns: readonly string[],
  net: NetDescription,
  where: string = 'train()',
): readonly string[] {
  const names = net.parameters.filter(({ kind }) => kind === 'parameter').map(({ name }) => name);
  const tests = patterns.map((pattern) => {
    const test = expression(pattern);
    if (!names.some((name) => test.test(name))) throw matchesNothing(where, pattern, names);
    return test;
  });
  const frozen = names.filter((name) => tests.some((test) => test.test(name)));
  if (frozen.length > 0 && frozen.length === names.length) {
    throw new OptionError('INVALID_OPTION', `${where}: freeze names every parameter, and nothing is left to train.`, {
      where,
      option: 'freeze',
    });
  }
  return frozen;
}

function expression(pattern: string): RegExp {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's');
}

function matchesNothing(where: string, pattern: string, names: readonly string[]): OptionError {
  const layers = names.flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => `${name.slice(0, index)}.*`));
  const known = [...new Set([...layers, ...names])];
  const close = known.find((name) => name === `${pattern}.*`) ?? nearest(pattern, known);
  const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
  const some = names.length > 12 ? [...names.slice(0, 12), `… (${names.length} in all)`] : names;
  return new OptionError(
    'INVALID_OPTION',
    `${where}: freeze: '${pattern}' names no parameter.${hint} The net has ${some.join(', ')}.`,
    { where, option: 'freeze', known, ...(close === undefined ? {} : { nearest: close }) },
  );
}

/** @throws OptionError `INVALID_OPTION` unless the value is an array of names or patterns. */
export function checkFreeze(where: string, value: unknown): asserts value is readonly string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string' && each !== '')) {
    refuse(where, 'freeze', "an array of parameters' names or patterns such as ['backbone.*']", value);
  }
}
