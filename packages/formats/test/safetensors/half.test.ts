import { expect, it } from 'vitest';
import { widen } from '../../src/safetensors/half.js';

const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

/** A binary floating-point number by its definition: (−1)^sign (1 + fraction) 2^(exponent − bias), and without the 1 where the exponent is 0. */
function byDefinition(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1;
  const exponent = (bits >> fractionBits) % 2 ** exponentBits;
  const fraction = (bits % 2 ** fractionBits) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

it.each([
  ['F16', 5, 10],
  ['BF16', 8, 7],
] as const)('every number of %s is the float32 that it is by definition', (type, exponentBits, fractionBits) => {
  const wide = widen(all, type);
  const differ = Array.from(all).filter(
    (bits) => !Object.is(wide[bits], byDefinition(bits, exponentBits, fractionBits)),
  );
  expect(differ).toEqual([]);
});

it('NaN keeps its sign and its payload', () => {
  const bits = (half: number, type: 'F16' | 'BF16'): number =>
    new Uint32Array(widen(Uint16Array.of(half), type).buffer)[0] as number;
  expect(bits(0xfd01, 'F16')).toBe(0xffa02000);
  expect(bits(0xff81, 'BF16')).toBe(0xff810000);
});
