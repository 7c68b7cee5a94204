import { OptionError } from '../errors/option-error.js';
import { nearest } from '../options/nearest.js';
import { refuse } from '../options/validators.js';

/** @throws OptionError `INVALID_OPTION` unless the value is an array of names or patterns. */
export function checkPatterns(where: string, option: string, value: unknown): asserts value is readonly string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string' && each !== '')) {
    refuse(where, option, "an array of parameters' names or patterns such as ['backbone.*']", value);
  }
}

/**
 * The parameters that a pattern names, in their order. `*` stands for any characters, dots included.
 * @param names all that there are
 * @throws OptionError `INVALID_OPTION` where it names none, with the nearest name
 */
export function namesMatching(
  where: string,
  option: string,
  pattern: string,
  names: readonly string[],
): readonly string[] {
  const test = expression(pattern);
  const found = names.filter((name) => test.test(name));
  if (found.length === 0) throw matchesNothing(where, option, pattern, names);
  return found;
}

function expression(pattern: string): RegExp {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's');
}

function matchesNothing(where: string, option: string, pattern: string, names: readonly string[]): OptionError {
  const layers = names.flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => `${name.slice(0, index)}.*`));
  const known = [...new Set([...layers, ...names])];
  const close = known.find((name) => name === `${pattern}.*`) ?? nearest(pattern, known);
  const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
  return new OptionError(
    'INVALID_OPTION',
    `${where}: ${option}: '${pattern}' names no parameter.${hint} The net has ${listed(names)}.`,
    { where, option, known, ...(close === undefined ? {} : { nearest: close }) },
  );
}

/** Names in a line; of many, the first ones. */
export function listed(names: readonly string[]): string {
  return (names.length > 12 ? [...names.slice(0, 12), `… (${names.length} in all)`] : names).join(', ');
}
