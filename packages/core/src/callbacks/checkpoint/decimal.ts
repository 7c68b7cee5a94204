/** A finite number that is not negative, as n · 2^power exactly. */
function binary(value: number): { readonly n: bigint; readonly power: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return exponent === 0 ? { n: fraction, power: -1074 } : { n: fraction | (1n << 52n), power: exponent - 1075 };
}

/** value · 10^places, as a whole number; one in the middle of two goes to the even one, as in C and Python. */
function scaled(value: number, places: number): bigint {
  const { n, power } = binary(value);
  let [above, below] = [n, 1n];
  if (places >= 0) above *= 10n ** BigInt(places);
  else below *= 10n ** BigInt(-places);
  if (power >= 0) above <<= BigInt(power);
  else below <<= BigInt(-power);
  const down = above / below;
  const twice = 2n * (above - down * below);
  return twice > below || (twice === below && down % 2n === 1n) ? down + 1n : down;
}

/** A finite number that is not negative, with so many places behind the point. */
export function fixed(value: number, places: number): string {
  const digits = String(scaled(value, places)).padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** The digits of a finite number that is not negative, as many as asked for, and its exponent: d.ddd · 10^exponent. */
export function significant(value: number, count: number): { readonly digits: string; readonly exponent: number } {
  if (value === 0) return { digits: '0'.repeat(count), exponent: 0 };
  // JavaScript's own exponent, before rounding to so many digits.
  const exponent = Number(value.toExponential().split('e')[1]);
  const digits = String(scaled(value, count - 1 - exponent));
  return digits.length > count ? { digits: digits.slice(0, count), exponent: exponent + 1 } : { digits, exponent };
}
