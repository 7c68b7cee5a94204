import { OptionError } from '../errors/option-error.js';

/** The bounds of a number; an absent one is open. */
export interface Range {
  /** At least this. */
  readonly min?: number;
  /** At most this. */
  readonly max?: number;
  /** More than this. */
  readonly above?: number;
  /** Less than this. */
  readonly below?: number;
  readonly integer?: boolean;
}

/** An error about one option: what it is, and what it should have been. */
export function invalidOption(where: string, name: string, value: unknown, expected: string): OptionError {
  return new OptionError('INVALID_OPTION', `${where}: ${name} is ${show(value)}; it has to be ${expected}.`);
}

/** @throws OptionError `INVALID_OPTION` unless the value is a finite number within the range. */
export function checkNumber(where: string, name: string, value: unknown, range: Range = {}): asserts value is number {
  if (!inRange(value, range)) throw invalidOption(where, name, value, `a${describe(range)}`);
}

/** @throws OptionError `INVALID_OPTION` unless the value is true or false. */
export function checkBoolean(where: string, name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidOption(where, name, value, 'true or false');
}

/** @throws OptionError `INVALID_OPTION` unless the value is an array of at least one such number. */
export function checkNumbers(
  where: string,
  name: string,
  value: unknown,
  range: Range = {},
): asserts value is readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every((each) => inRange(each, range))) {
    throw invalidOption(where, name, value, `an array, each element a${describe(range)}`);
  }
}

/** @throws OptionError `INVALID_OPTION` unless the value is an array of two such numbers. */
export function checkPair(
  where: string,
  name: string,
  value: unknown,
  range: Range = {},
): asserts value is readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2 || !value.every((each) => inRange(each, range))) {
    throw invalidOption(where, name, value, `an array of two, each a${describe(range)}`);
  }
}

/** @throws OptionError `INVALID_OPTION` unless the value is one of these. */
export function checkChoice<T extends string>(
  where: string,
  name: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  if (!choices.includes(value as T)) {
    throw invalidOption(where, name, value, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`);
  }
}

function inRange(value: unknown, range: Range): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (range.integer === true && !Number.isInteger(value)) return false;
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = range;
  return value >= min && value <= max && value > above && value < below;
}

function describe(range: Range): string {
  const kind = range.integer === true ? 'n integer' : ' finite number';
  const bounds = [
    range.min === undefined ? '' : `at least ${range.min}`,
    range.above === undefined ? '' : `above ${range.above}`,
    range.max === undefined ? '' : `at most ${range.max}`,
    range.below === undefined ? '' : `below ${range.below}`,
  ].filter((text) => text !== '');
  return bounds.length === 0 ? kind : `${kind} ${bounds.join(' and ')}`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value !== null && typeof value === 'object') return 'an object';
  return String(value);
}
