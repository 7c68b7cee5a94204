import { refuse } from '../options/validators.js';

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
  readonly whole?: boolean;
}

/** A finite number within the range. @throws OptionError `INVALID_OPTION`, as do the others here. */
export function checkNumber(where: string, option: string, value: unknown, range: Range): asserts value is number {
  if (!inRange(value, range)) refuse(where, option, `a ${describeRange(range)}`, value);
}

/** An array of at least one such number. */
export function checkNumbers(
  where: string,
  option: string,
  value: unknown,
  range: Range,
): asserts value is readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every((each) => inRange(each, range))) {
    refuse(where, option, `an array, each element a ${describeRange(range)}`, value);
  }
}

/** An array of two such numbers. */
export function checkPair(
  where: string,
  option: string,
  value: unknown,
  range: Range,
): asserts value is readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2 || !value.every((each) => inRange(each, range))) {
    refuse(where, option, `an array of two, each a ${describeRange(range)}`, value);
  }
}

function inRange(value: unknown, range: Range): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (range.whole === true && !Number.isSafeInteger(value)) return false;
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = range;
  return value >= min && value <= max && value > above && value < below;
}

function describeRange(range: Range): string {
  const bounds = [
    range.min === undefined ? '' : `at least ${range.min}`,
    range.above === undefined ? '' : `above ${range.above}`,
    range.max === undefined ? '' : `at most ${range.max}`,
    range.below === undefined ? '' : `below ${range.below}`,
  ];
  return [range.whole === true ? 'whole number' : 'finite number', bounds.filter((text) => text !== '').join(' and ')]
    .join(' ')
    .trim();
}
