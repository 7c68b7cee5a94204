import type { Axis } from 'vega';

/** How an axis writes its labels, as an expression of Vega's: of ours alone, none of it comes from users. */
export type TickLabel = NonNullable<Axis['encode']>;

const written = (signal: string): TickLabel => ({ labels: { update: { text: { signal } } } });
const exponent = (format: string): string => `replace(format(datum.value, '${format}'), '+', '')`;

/** `2.5e-6`, `3e6`, and 0. */
export const withExponents: TickLabel = written(`datum.value === 0 ? '0' : ${exponent('~e')}`);

/** `1e-3`, `0.1`, `10`. */
export const ofLogAxis: TickLabel = written(
  `datum.value < 0.1 || datum.value >= 1e4 ? ${exponent('.2~e')} : format(datum.value, '~g')`,
);
