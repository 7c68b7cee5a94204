import { UsageError } from './verb.js';

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** An age such as `30d`, `12h`, `5m` or `0`, in milliseconds. @throws UsageError */
export function ageOf(option: string, text: string): number {
  const [, number, unit = 's'] = /^(\d+)([smhdw])?$/.exec(text) ?? [];
  const age = Number(number) * (units[unit] ?? 1);
  if (number === undefined || (unit === 's' && !text.endsWith('s') && age !== 0) || !Number.isSafeInteger(age)) {
    throw new UsageError(`--${option} takes an age such as 30d, 12h, 5m or 0, not '${text}'`);
  }
  return age;
}
