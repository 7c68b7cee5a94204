import { RepriseError } from '../errors/base.js';
import { nonNegativeInteger } from '../options/index.js';
import { normalOf } from './normal.js';
import { philox } from './philox.js';
import type { PhiloxSeries } from './philox.js';

/**
 * A sequence of random 32-bit words, and numbers made of them. Every method takes its words in order, so a fill equals as many
 * single draws. It repeats after 2^34 words.
 */
export interface RandomStream {
  /** In [0, 1), of 53 random bits: two words. */
  uniform(): number;
  /** Standard normal: one word. */
  normal(): number;
  /** Each of 0 … below − 1 with the same probability (no modulo bias); `below` from 1 to 2^32. One word, seldom more. */
  integer(below: number): number;
  /** Each element one word, about 10 ns. */
  fillBits(target: Uint32Array): void;
  /** Uniform in [low, high) in steps of (high − low) / 2^24, rounded to float32: one word each. */
  fillUniform(target: Float32Array, low: number, high: number): void;
  /** Normal, rounded to float32: one word each. */
  fillNormal(target: Float32Array, mean: number, std: number): void;
}

/**
 * The random numbers of one purpose at one place: a function of its arguments and nothing else, so any point of a run is reached
 * at once, whatever ran before. `seed` is a safe integer from 0; there are at most three counters (an epoch, a step, a sample),
 * each from 0 to 2^32 − 1.
 *
 * The derivation decides the bits of trained states, so it never changes. All words are 32 bits, low half first:
 * - (s0, s1) begins as (length of the name in UTF-16 units, number of counters). For each four units u of the name, the missing
 *   ones 0, and once for an empty name: (s0, s1) = the first two words of Philox4x32-10 with counter
 *   (u0 + 2^16 u1, u2 + 2^16 u3, s0, s1) and key (seed mod 2^32, ⌊seed / 2^32⌋).
 * - Block n of the stream is Philox4x32-10 with counter (n, counters…, 0…) and key (s0, s1).
 * @throws RepriseError `INVALID_OPTION`
 */
export function stream(seed: number, name: string, ...counters: readonly number[]): RandomStream {
  checkSeed(seed);
  if (counters.length > 3 || counters.some((counter) => counter >>> 0 !== counter)) {
    throw new RepriseError(
      'INVALID_OPTION',
      `The random stream '${name}' was given the counters [${counters.join(', ')}]: at most three, each an integer from 0 to 2^32 − 1.`,
    );
  }
  const [key0, key1] = keyOf(seed, name, counters.length);
  const [counter1 = 0, counter2 = 0, counter3 = 0] = counters;
  return new PhiloxStream({ key0, key1, counter1, counter2, counter3 });
}

/** Refuses what is not a seed. @throws OptionError `INVALID_OPTION` */
export function checkSeed(seed: number): void {
  nonNegativeInteger('a random stream', 'seed', seed);
}

function keyOf(seed: number, name: string, counters: number): readonly [number, number] {
  const block = new Uint32Array(4);
  const key0 = seed % 2 ** 32;
  const key1 = Math.floor(seed / 2 ** 32);
  let s0 = name.length;
  let s1 = counters;
  for (let at = 0; at === 0 || at < name.length; at += 4) {
    const first = unit(name, at) | (unit(name, at + 1) << 16);
    const counter1 = unit(name, at + 2) | (unit(name, at + 3) << 16);
    philox(block, { key0, key1, counter1, counter2: s0, counter3: s1 }, first);
    s0 = block[0]!;
    s1 = block[1]!;
  }
  return [s0, s1];
}

function unit(name: string, at: number): number {
  return at < name.length ? name.charCodeAt(at) : 0;
}

/** A stream that is read on gets its words by this many at a time; most streams for one sample never need them. */
const readAhead = 64;

class PhiloxStream implements RandomStream {
  readonly #series: PhiloxSeries;
  #buffer: Uint32Array = new Uint32Array(4);
  #at = 4;
  #block = 0;

  constructor(series: PhiloxSeries) {
    this.#series = series;
  }

  uniform(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  normal(): number {
    return normalOf(this.#word());
  }

  /** Lemire, "Fast random integer generation in an interval" (ACM TOMACS 29, 2019): the upper half of word × below. */
  integer(below: number): number {
    if (!(Number.isInteger(below) && below >= 1 && below <= 2 ** 32)) {
      throw new RepriseError('INVALID_OPTION', `integer(${below}): the bound must be an integer from 1 to 2^32.`);
    }
    for (;;) {
      const word = this.#word();
      const low = Math.imul(word, below) >>> 0;
      // As in philox: the rounded product without its exact lower half is a multiple of 2^32, nearly.
      if (low >= below || low >= (2 ** 32 - below) % below) return Math.round((word * below - low) * 2 ** -32);
    }
  }

  fillBits(target: Uint32Array): void {
    let filled = 0;
    while (filled < target.length && this.#at < this.#buffer.length) target[filled++] = this.#buffer[this.#at++]!;
    const whole = (target.length - filled) & ~3;
    philox(target.subarray(filled, filled + whole), this.#series, this.#block);
    this.#block += whole / 4;
    for (filled += whole; filled < target.length; filled++) target[filled] = this.#word();
  }

  fillUniform(target: Float32Array, low: number, high: number): void {
    const bits = this.#bitsIn(target);
    const step = (high - low) * 2 ** -24;
    for (let i = 0; i < bits.length; i++) target[i] = low + (bits[i]! >>> 8) * step;
  }

  fillNormal(target: Float32Array, mean: number, std: number): void {
    const bits = this.#bitsIn(target);
    for (let i = 0; i < bits.length; i++) target[i] = mean + normalOf(bits[i]!) * std;
  }

  /** One random word in the place of each element. */
  #bitsIn(target: Float32Array): Uint32Array {
    const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
    this.fillBits(bits);
    return bits;
  }

  #word(): number {
    if (this.#at === this.#buffer.length) {
      if (this.#block > 0 && this.#buffer.length < readAhead) this.#buffer = new Uint32Array(readAhead);
      philox(this.#buffer, this.#series, this.#block);
      this.#block += this.#buffer.length / 4;
      this.#at = 0;
    }
    return this.#buffer[this.#at++]!;
  }
}
