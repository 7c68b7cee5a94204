import { describe, expect, it } from 'vitest';
import { philox } from '../../src/rng/philox.js';
import { permutation } from '../../src/rng/permutation.js';
import { stream } from '../../src/rng/stream.js';

const words = (target: Uint32Array): string => [...target].map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox', () => {
  // kat_vectors of Random123 1.14: counter, key, result.
  it.each([
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('gives the published block for counter %s', (counter, key, expected) => {
    const [first, counter1, counter2, counter3] = counter.split(' ').map((word) => parseInt(word, 16)) as [
      number,
      number,
      number,
      number,
    ];
    const [key0, key1] = key.split(' ').map((word) => parseInt(word, 16)) as [number, number];
    const block = new Uint32Array(4);
    philox(block, { key0, key1, counter1, counter2, counter3 }, first);
    expect(words(block)).toBe(expected);
  });

  it('agrees with a plain implementation in big integers on many blocks at once', () => {
    const series = { key0: 0xdeadbeef, key1: 0x80000001, counter1: 7, counter2: 0xffffffff, counter3: 0 };
    const several = new Uint32Array(4 * 501);
    philox(several, series, 0xfffffff0);
    const expected = Array.from({ length: 501 }, (_, block) =>
      naive(
        [(0xfffffff0 + block) % 2 ** 32, series.counter1, series.counter2, series.counter3],
        [series.key0, series.key1],
      ),
    );
    expect([...several]).toEqual(expected.flat());
  });
});

/** The paper's definition, word for word. */
function naive(counter: readonly number[], key: readonly number[]): number[] {
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  const mask = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const p0 = c0 * 0xd2511f53n;
    const p1 = c2 * 0xcd9e8d57n;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

describe('stream', () => {
  it('is derived from seed and name as documented', () => {
    const seed = 5 * 2 ** 32 + 77;
    const unit = (text: string, at: number): number => text.charCodeAt(at) || 0;
    let state = [7, 2];
    for (const at of [0, 4]) {
      const counter = [
        unit('dropout', at) + 65536 * unit('dropout', at + 1),
        unit('dropout', at + 2) + 65536 * unit('dropout', at + 3),
      ];
      state = naive([...counter, ...state], [77, 5]).slice(0, 2);
    }
    const expected = [0, 1, 2].flatMap((block) => naive([block, 9, 11, 0], state));
    const bits = new Uint32Array(12);
    stream(seed, 'dropout', 9, 11).fillBits(bits);
    expect([...bits]).toEqual(expected);
  });

  it('keeps the bits of the first release', () => {
    const bits = new Uint32Array(4);
    stream(0, 'init/hidden.weight').fillBits(bits);
    expect(words(bits)).toBe('c716aa81 c40e476f 22e41108 84691ad9');
  });

  it('gives other words for another seed, name, counter or number of counters', () => {
    const first = (...args: Parameters<typeof stream>): string => {
      const bits = new Uint32Array(4);
      stream(...args).fillBits(bits);
      return words(bits);
    };
    const all = [
      first(0, 'a'),
      first(1, 'a'),
      first(2 ** 32, 'a'),
      first(Number.MAX_SAFE_INTEGER, 'a'),
      first(0, ''),
      first(0, 'b'),
      first(0, 'a\0'),
      first(0, 'aaaa'),
      first(0, 'aaaaa'),
      first(0, 'a', 0),
      first(0, 'a', 1),
      first(0, 'a', 0, 0),
      first(0, 'a', 0, 1),
      first(0, 'a', 0, 0, 0),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(first(0, 'a', 1)).toBe(first(0, 'a', 1));
  });

  it('fills exactly what single draws give, however the fills are cut', () => {
    const whole = new Uint32Array(1000);
    stream(3, 'cut').fillBits(whole);
    const pieces = stream(3, 'cut');
    const joined: number[] = [];
    for (const size of [1, 2, 3, 5, 0, 64, 7, 130, 9, 300, 479]) {
      const piece = new Uint32Array(size);
      pieces.fillBits(piece);
      joined.push(...piece);
    }
    expect(joined).toEqual([...whole]);
    const single = stream(3, 'cut');
    expect(Array.from({ length: 1000 }, () => single.integer(2 ** 32))).toEqual([...whole]);

    const fill = new Float32Array(100);
    stream(3, 'cut').fillUniform(fill, -2, 3);
    expect([...fill]).toEqual(
      [...whole.subarray(0, 100)].map((word) => Math.fround(-2 + ((word >>> 8) / 2 ** 24) * 5)),
    );
    const normals = new Float32Array(100);
    stream(3, 'cut').fillNormal(normals, 0, 1);
    const one = stream(3, 'cut');
    expect([...normals]).toEqual(Array.from({ length: 100 }, () => Math.fround(one.normal())));
  });

  it('draws uniform numbers whose histogram passes a chi-square test', () => {
    const random = stream(11, 'uniform');
    expect(
      chiSquare(
        Array.from({ length: 100_000 }, () => Math.floor(random.uniform() * 100)),
        100,
      ),
    ).toBeLessThan(148.2);
    const floats = new Float32Array(100_000);
    random.fillUniform(floats, 2, 4);
    expect(
      chiSquare(
        [...floats].map((x) => Math.floor((x - 2) * 50)),
        100,
      ),
    ).toBeLessThan(148.2);
    expect(floats.every((x) => x >= 2 && x <= 4)).toBe(true);
  });

  it('draws bounded integers without bias, for bounds where a modulo would show one', () => {
    const random = stream(12, 'integer');
    expect(
      chiSquare(
        Array.from({ length: 70_000 }, () => random.integer(7)),
        7,
      ),
    ).toBeLessThan(22.5);
    // A modulo of 3 × 2^30 would draw the lowest third twice as often.
    const thirds = Array.from({ length: 30_000 }, () => Math.floor(random.integer(3 * 2 ** 30) / 2 ** 30));
    expect(chiSquare(thirds, 3)).toBeLessThan(13.8);
    expect(() => random.integer(0)).toThrow(/1 to 2\^32/);
  });

  it('draws normal numbers with the quantiles of the normal distribution', () => {
    const random = stream(13, 'normal');
    const draws = Array.from({ length: 100_000 }, () => random.normal());
    // Deciles of N(0, 1).
    const deciles = [-1.2815515655446004, -0.8416212335729143, -0.5244005127080407, -0.2533471031357997, 0];
    const edges = [
      ...deciles,
      ...deciles
        .slice(0, 4)
        .map((edge) => -edge)
        .reverse(),
    ];
    expect(
      chiSquare(
        draws.map((x) => edges.filter((edge) => x >= edge).length),
        10,
      ),
    ).toBeLessThan(27.9);
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.01);
  });

  it.each([-1, 0.5, 2 ** 53, NaN])('refuses the seed %s', (seed) => {
    expect(() => stream(seed, 'a')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  it('refuses a counter that is no unsigned 32-bit integer, and a fourth', () => {
    for (const counters of [[-1], [0.5], [2 ** 32], [1, 2, 3, 4]]) {
      expect(() => stream(0, 'a', ...counters)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
  });
});

describe('permutation', () => {
  it('holds every index once', () => {
    for (const length of [0, 1, 2, 3, 1000]) {
      expect([...permutation(0, 0, length)].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
    }
  });

  it('is the same for the same seed and epoch and another for any other', () => {
    const text = (seed: number, epoch: number): string => permutation(seed, epoch, 50).join();
    expect(text(4, 2)).toBe(text(4, 2));
    expect(new Set([text(4, 2), text(4, 3), text(5, 2), text(4, 0)]).size).toBe(4);
  });

  it('draws each order of three equally often', () => {
    const orders = ['0,1,2', '0,2,1', '1,0,2', '1,2,0', '2,0,1', '2,1,0'];
    const drawn = Array.from({ length: 6000 }, (_, epoch) => orders.indexOf(permutation(1, epoch, 3).join()));
    expect(chiSquare(drawn, 6)).toBeLessThan(20.5);
  });
});

/** Against equal probabilities. The bounds above are the 99.9 % quantiles for (bins − 1) degrees of freedom. */
function chiSquare(values: readonly number[], bins: number): number {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[value] = counts[value]! + 1;
  const expected = values.length / bins;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
