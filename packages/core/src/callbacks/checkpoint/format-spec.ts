import { fixed, significant } from './decimal.js';

/** How a number is written: the part of Python's format specifications that is about numbers. */
export interface Format {
  readonly fill: string;
  readonly align: '<' | '>' | '^' | '=';
  readonly sign: '+' | '-' | ' ';
  readonly width: number;
  readonly precision: number | null;
  readonly type: 'd' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' | '';
}

const specification = /^(?:(.)?([<>=^]))?([-+ ])?(0)?(\d+)?(?:\.(\d+))?([deEfFgG%])?$/su;
/** Files' names are shorter than three such values. */
const longest = 100;

/** Null where it is none. */
export function parseFormat(spec: string): Format | null {
  const match = specification.exec(spec);
  if (match === null) return null;
  const [, fill, align, sign, zero, width = '0', precision, type] = match;
  if (type === 'd' && precision !== undefined) return null;
  if (Number(width) > longest || Number(precision ?? 0) > longest) return null;
  return {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: (align ?? (zero === undefined ? '>' : '=')) as Format['align'],
    sign: (sign ?? '-') as Format['sign'],
    width: Number(width),
    precision: precision === undefined ? null : Number(precision),
    type: (type ?? '') as Format['type'],
  };
}

/** Null where a whole number is asked for, and the value is none. */
export function formatted(format: Format, value: number): string | null {
  const digits = digitsOf(format, Math.abs(value));
  if (digits === null) return null;
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? '-' : format.sign === '-' ? '' : format.sign;
  const lacking = Math.max(0, format.width - sign.length - digits.length);
  const padding = format.fill.repeat(lacking);
  switch (format.align) {
    case '<':
      return sign + digits + padding;
    case '>':
      return padding + sign + digits;
    case '=':
      return sign + padding + digits;
    case '^': {
      const before = Math.floor(lacking / 2);
      return format.fill.repeat(before) + sign + digits + format.fill.repeat(lacking - before);
    }
  }
}

function digitsOf({ type, precision }: Format, value: number): string | null {
  const text = textOf(type, type === '%' ? value * 100 : value, precision);
  if (text === null) return null;
  if (type === '%') return `${text}%`;
  return type === 'E' || type === 'F' || type === 'G' ? text.toUpperCase() : text;
}

function textOf(type: Format['type'], value: number, precision: number | null): string | null {
  if (!Number.isFinite(value)) return type === 'd' ? null : Number.isNaN(value) ? 'nan' : 'inf';
  switch (type) {
    case 'd':
      return Number.isInteger(value) ? fixed(value, 0) : null;
    case 'f':
    case 'F':
    case '%':
      return fixed(value, precision ?? 6);
    case 'e':
    case 'E':
      return exponential(significant(value, (precision ?? 6) + 1));
    case 'g':
    case 'G':
      return general(value, precision ?? 6, 0);
    case '':
      return precision === null ? shortest(value) : general(value, precision, 1);
  }
}

/** Fixed where the exponent is from −4 to below the precision, without zeros at the end, but for so many places. */
function general(value: number, precision: number, places: 0 | 1): string {
  const count = Math.max(1, precision);
  const { digits, exponent } = significant(value, count);
  const short = digits.replace(/(?<=.)0+$/, '');
  return exponent < -4 || exponent >= count - places
    ? exponential({ digits: short, exponent })
    : plain({ digits: short, exponent }, places);
}

/** As few digits as tell it from other numbers; a whole number without a point. */
function shortest(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  const [mantissa = '', power] = value.toExponential().split('e');
  const number = { digits: mantissa.replace('.', ''), exponent: Number(power) };
  // Where Python begins to write exponents: JavaScript does later.
  return number.exponent < -4 || number.exponent >= 16 ? exponential(number) : plain(number, 0);
}

/** d.ddd · 10^exponent. */
interface Digits {
  readonly digits: string;
  readonly exponent: number;
}

/** Two digits of the exponent at least. */
function exponential({ digits, exponent }: Digits): string {
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** @param places behind the point, at least */
function plain({ digits, exponent }: Digits, places: 0 | 1): string {
  const all = exponent < 0 ? `${'0'.repeat(-exponent)}${digits}` : digits.padEnd(exponent + 1, '0');
  const point = Math.max(0, exponent) + 1;
  const behind = all.slice(point).padEnd(places, '0');
  return behind === '' ? all.slice(0, point) : `${all.slice(0, point)}.${behind}`;
}
