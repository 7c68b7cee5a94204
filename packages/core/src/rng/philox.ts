/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
 * A block of four 32-bit words is a function of a 128-bit counter and a 64-bit key, and of nothing else.
 */

const rounds = 10;
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const perWord = 2 ** -32;

/** A key, and the counter words 1 to 3; word 0 counts the blocks. Each is taken as an unsigned 32-bit integer. */
export interface PhiloxSeries {
  readonly key0: number;
  readonly key1: number;
  readonly counter1: number;
  readonly counter2: number;
  readonly counter3: number;
}

/**
 * Writes the blocks `first`, `first` + 1, … into `target`, whose length is a multiple of four. About 10 ns a word for two or more blocks.
 *
 * The upper half of a 32 × 32 bit product is had from the lower half, which `Math.imul` gives exactly: the rounded double product
 * is off by less than 2^11, so (product − low) / 2^32 is off by less than one half.
 */
export function philox(target: Uint32Array, series: PhiloxSeries, first: number): void {
  const { key0, key1, counter1, counter2, counter3 } = series;
  // Two independent blocks at a time keep the processor's multipliers busy; the second of the last pair may be dropped.
  for (let at = 0, block = first; at < target.length; at += 8, block += 2) {
    let a = block | 0;
    let b = counter1 | 0;
    let c = counter2 | 0;
    let d = counter3 | 0;
    let e = (block + 1) | 0;
    let f = b;
    let g = c;
    let h = d;
    let k0 = key0 | 0;
    let k1 = key1 | 0;
    for (let round = 0; round < rounds; round++) {
      const lowA = Math.imul(a, multiplier0);
      const lowC = Math.imul(c, multiplier1);
      const lowE = Math.imul(e, multiplier0);
      const lowG = Math.imul(g, multiplier1);
      const highA = (((a >>> 0) * multiplier0 - (lowA >>> 0)) * perWord + 0.5) >>> 0;
      const highC = (((c >>> 0) * multiplier1 - (lowC >>> 0)) * perWord + 0.5) >>> 0;
      const highE = (((e >>> 0) * multiplier0 - (lowE >>> 0)) * perWord + 0.5) >>> 0;
      const highG = (((g >>> 0) * multiplier1 - (lowG >>> 0)) * perWord + 0.5) >>> 0;
      a = highC ^ b ^ k0;
      b = lowC;
      c = highA ^ d ^ k1;
      d = lowA;
      e = highG ^ f ^ k0;
      f = lowG;
      g = highE ^ h ^ k1;
      h = lowE;
      k0 = (k0 + weyl0) | 0;
      k1 = (k1 + weyl1) | 0;
    }
    target[at] = a;
    target[at + 1] = b;
    target[at + 2] = c;
    target[at + 3] = d;
    if (at + 4 < target.length) {
      target[at + 4] = e;
      target[at + 5] = f;
      target[at + 6] = g;
      target[at + 7] = h;
    }
  }
}
