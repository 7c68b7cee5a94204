import { scaleLinear, scaleLog } from 'd3-scale';

export interface Tick {
  readonly value: number;
  /** Where on the axis, from 0 (low end) to 1 (high end). */
  readonly at: number;
  /** Empty for the minor ticks of a logarithmic axis. */
  readonly label: string;
}

/** Maps values onto 0…1. */
export interface Axis {
  /** NaN where the axis has no place for the value: not finite, beyond ±1e150, or not positive on a logarithmic axis. */
  at(value: number): number;
  /** The value at a place. */
  valueAt(place: number): number;
  /** The values at its ends. */
  readonly domain: readonly [low: number, high: number];
  /** Whether its labels are written with exponents of ten, since they would be too long else. */
  readonly exponents: boolean;
  /** In rising order. */
  readonly ticks: readonly Tick[];
}

export interface AxisOptions {
  readonly scale: 'linear' | 'log';
  /** About how many labelled ticks there is room for. */
  readonly count: number;
  /** Extends the ends to round values. */
  readonly nice?: boolean;
  readonly integer?: boolean;
  /** Values beyond these do not stretch the axis. */
  readonly ceiling?: number;
  readonly floor?: number;
}

/** An axis that shows all of `values` that can be shown. Without any, it runs from 0 to 1 (logarithmic: 1 to 10). */
export function axis(values: Iterable<number>, options: AxisOptions): Axis {
  return options.scale === 'log' ? logAxis(values, options) : linearAxis(values, options);
}

function linearAxis(values: Iterable<number>, options: AxisOptions): Axis {
  const [low, high] = widened(extent(values, drawable, options) ?? [0, 1]);
  const scale = scaleLinear().domain([low, high]);
  if (options.nice === true) scale.nice(options.count);
  const ticks = scale.ticks(options.count).filter((tick) => options.integer !== true || Number.isInteger(tick));
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 1;
  const reach = Math.max(Math.abs(low), Math.abs(high));
  const exponents = options.integer !== true && (reach >= 1e5 || step < 1e-4);
  const decimal = scale.tickFormat(options.count, exponents ? '~e' : undefined);
  const format = options.integer === true ? String : decimal;
  return {
    at: (value) => (drawable(value) ? scale(value) : Number.NaN),
    valueAt: (place) => scale.invert(place),
    domain: ends(scale.domain()),
    exponents,
    ticks: ticks.map((value) => ({ value, at: scale(value), label: plain(format(value)) })),
  };
}

function logAxis(values: Iterable<number>, options: AxisOptions): Axis {
  const found = extent(values, positive, options) ?? [1, 10];
  const [low, high] = found[0] === found[1] ? [found[0] / 2, found[1] * 2] : found;
  const scale = scaleLog().domain([low, high]);
  const decades = Math.log10(high / low);
  // Within a small part of a decade the axis is all but linear.
  const ticks = decades < 0.6 ? scaleLinear().domain([low, high]).ticks(options.count) : scale.ticks();
  // Whole decades are labelled; within less than two of them, 2 and 5 as well.
  const every = Math.max(1, Math.ceil(decades / options.count));
  const labelled = (value: number): boolean => {
    const exponent = Math.floor(Math.log10(value) + 1e-9);
    const digit = Math.round(value / 10 ** exponent);
    return decades < 0.6 || (digit === 1 && exponent % every === 0) || (decades < 2 && (digit === 2 || digit === 5));
  };
  return {
    at: (value) => (positive(value) ? scale(value) : Number.NaN),
    valueAt: (place) => scale.invert(place),
    domain: ends(scale.domain()),
    exponents: true,
    ticks: ticks.map((value) => ({ value, at: scale(value), label: labelled(value) ? power(value) : '' })),
  };
}

const ends = ([low = 0, high = 1]: readonly number[]): readonly [number, number] => [low, high];

const power = (value: number): string =>
  value < 0.1 || value >= 1e4 ? Number(value.toPrecision(3)).toExponential().replace('+', '') : compact(value);

/** Short and exact enough to read: `0.0123`, `3.2e-4`. */
export function compact(value: number): string {
  const size = Math.abs(value);
  const short = Number(value.toPrecision(4));
  return size !== 0 && (size < 1e-2 || size >= 1e5)
    ? Number(value.toPrecision(3)).toExponential().replace('+', '')
    : String(short);
}

function extent(
  values: Iterable<number>,
  shown: (value: number) => boolean,
  { ceiling = Number.POSITIVE_INFINITY, floor = Number.NEGATIVE_INFINITY }: Pick<AxisOptions, 'ceiling' | 'floor'>,
): [number, number] | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!shown(value)) continue;
    low = Math.min(low, Math.max(value, floor));
    high = Math.max(high, Math.min(value, ceiling));
  }
  return low > high ? null : [low, high];
}

/** Values that differ by no more than rounding need a length between them. */
function widened([low, high]: [number, number]): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > size * 1e-9 && high - low > smallest) return [low, high];
  const pad = size > smallest ? size * 0.1 : 1;
  return [low - pad, high + pad];
}

// Beyond these, differences and ratios of two values leave the range of a double.
const largest = 1e150;
const smallest = 1e-150;
const drawable = (value: number): boolean => Math.abs(value) <= largest;
const positive = (value: number): boolean => value >= smallest && value <= largest;

const plain = (text: string): string => text.replaceAll('\u2212', '-').replace('e+', 'e');
