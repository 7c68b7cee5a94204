import { describe } from './describe.js';
import { nearest } from './nearest.js';
import { OptionError } from '../errors/option-error.js';

/**
 * Refuses what is not a plain object (or undefined), and any key that the call doesn't take.
 * @param where the call, as the user wrote it: `train()`.
 * @throws OptionError `INVALID_OPTION`, `UNKNOWN_OPTION`
 */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (!isPlainObject(options)) {
    const found = describe(options);
    throw new OptionError(
      'INVALID_OPTION',
      `${where} takes its options as an object such as { ${known[0] ?? ''}: … }, and got ${found}.`,
      {
        where,
        option: '',
        known,
      },
    );
  }
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const close = nearest(option, known);
    const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
    const list = known.length === 0 ? 'It takes no options.' : `Its options are ${known.join(', ')}.`;
    throw new OptionError('UNKNOWN_OPTION', `${where} has no option '${option}'.${hint} ${list}`, {
      where,
      option,
      known,
      ...(close === undefined ? {} : { nearest: close }),
    });
  }
}

/** An object written with braces, or made without a prototype; from any realm. */
export function isPlainObject(value: unknown): value is { readonly [key: string]: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}
