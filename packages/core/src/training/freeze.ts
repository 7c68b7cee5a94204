import { checkPatterns, namesMatching } from '../components/patterns.js';
import { OptionError } from '../errors/option-error.js';
import type { NetDescription } from '../ports/engine.js';

/**
 * The parameters that patterns name, in the net's order. `*` stands for any characters, dots included.
 * @throws OptionError `INVALID_OPTION` where a pattern names no parameter, or nothing would be left to train
 */
export function frozenNames(
  patterns: readonly string[],
  net: Pick<NetDescription, 'parameters'>,
  where: string = 'train()',
): readonly string[] {
  const names = trainableNames(net);
  const named = new Set(patterns.flatMap((pattern) => namesMatching(where, 'freeze', pattern, names)));
  if (named.size > 0 && named.size === names.length) {
    throw new OptionError('INVALID_OPTION', `${where}: freeze names every parameter, and nothing is left to train.`, {
      where,
      option: 'freeze',
    });
  }
  return names.filter((name) => named.has(name));
}

/** The names of a net's parameters, without its buffers. */
export function trainableNames({ parameters }: Pick<NetDescription, 'parameters'>): readonly string[] {
  return parameters.filter(({ kind }) => kind === 'parameter').map(({ name }) => name);
}

/** @throws OptionError `INVALID_OPTION` unless the value is an array of names or patterns. */
export function checkFreeze(where: string, value: unknown): asserts value is readonly string[] {
  checkPatterns(where, 'freeze', value);
}
