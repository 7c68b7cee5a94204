import { describe } from './describe.js';
import { OptionError } from '../errors/option-error.js';

/** A whole number from 1. @throws OptionError `INVALID_OPTION`, as does every check here. */
export function positiveInteger(where: string, option: string, value: unknown): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) refuse(where, option, 'a whole number from 1', value);
}

/** A whole number from 0. */
export function nonNegativeInteger(where: string, option: string, value: unknown): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) refuse(where, option, 'a whole number from 0', value);
}

/** Any number except NaN and the infinities. */
export function finiteNumber(where: string, option: string, value: unknown): asserts value is number {
  if (!Number.isFinite(value)) refuse(where, option, 'a finite number', value);
}

/** A finite number above 0. */
export function positiveNumber(where: string, option: string, value: unknown): asserts value is number {
  if (!Number.isFinite(value) || (value as number) <= 0) refuse(where, option, 'a finite number above 0', value);
}

/** `true` or `false`. */
export function boolean(where: string, option: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') refuse(where, option, 'true or false', value);
}

/** A string; an empty one is refused. */
export function string(where: string, option: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '') refuse(where, option, 'a string that is not empty', value);
}

/** A function. */
export function func(where: string, option: string, value: unknown): asserts value is (...args: never[]) => unknown {
  if (typeof value !== 'function') refuse(where, option, 'a function', value);
}

/** One of the given values. */
export function oneOf<const T extends string | number | boolean | null>(
  where: string,
  option: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  if (!(choices as readonly unknown[]).includes(value))
    refuse(where, option, choices.map(describe).join(' or '), value);
}

/** Says what an option should have been, and what came. For checks that this module lacks. */
export function refuse(where: string, option: string, expected: string, value: unknown): never {
  throw new OptionError('INVALID_OPTION', `${where}: ${option} must be ${expected}, and got ${describe(value)}.`, {
    where,
    option,
  });
}
