import type { Half } from './dtypes.js';

/** Numbers of two bytes each as the float32 numbers that they are, exactly; NaN keeps its payload. */
export function widen(halves: Uint16Array, type: Half): Float32Array {
  const bits = new Uint32Array(halves.length);
  if (type === 'BF16') for (let i = 0; i < bits.length; i++) bits[i] = (halves[i] as number) << 16;
  else for (let i = 0; i < bits.length; i++) bits[i] = binary32((halves[i] as number) | 0);
  return new Float32Array(bits.buffer);
}

/** IEEE 754 binary16 to binary32: 5 bits of exponent with bias 15 and 10 of fraction become 8 with bias 127 and 23. */
function binary32(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal in 16 bits, normal in 32: its first bit goes to the place of the implicit one.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
