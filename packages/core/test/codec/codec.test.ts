import { decode as readMessagePack } from '@msgpack/msgpack';
import fc from 'fast-check';
import { addExtension } from 'msgpackr';
import { deepStrictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/codec/decode.js';
import { encode } from '../../src/codec/encode.js';
import { DecodeError, UnrecordableValueError } from '../../src/codec/errors.js';
import type { Plain } from '../../src/values/plain.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const roundTrip = (value: Plain): void => deepStrictEqual(decode(encode(value)), value);

const typedArrays = fc.oneof(
  fc.float32Array(),
  fc.float64Array(),
  fc.int8Array(),
  fc.uint8Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);
const key = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'toString', '10', '9', 'é', '\ud800', '\u{1f600}', '\uffff'),
);
const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<Plain>(
      undefined,
      null,
      true,
      false,
      -0,
      NaN,
      Infinity,
      -Infinity,
      '',
      '\ufeffx',
      '\ufeff'.repeat(40),
    ),
    fc.double(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt(),
    fc.string({ unit: 'binary' }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array().map((bytes) => bytes.slice().buffer),
    typedArrays,
    fc.array(tie('plain')),
    fc.array(tie('plain'), { maxLength: 3 }).map((items) => new Set(items)),
    fc.array(fc.tuple(tie('plain'), tie('plain')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.dictionary(key, tie('plain'), { noNullPrototype: true }),
  ),
}));

describe('decode(encode(value))', () => {
  it('is deep-equal to the value', () => {
    fc.assert(fc.property(plain, roundTrip), { numRuns: 1000 });
  });

  it.each([
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x100,
    0xffff,
    0x10000,
    0xffffffff,
    0x100000000,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 64,
    -1,
    -0x20,
    -0x21,
    -0x80,
    -0x81,
    -0x8000,
    -0x8001,
    -0x80000000,
    -0x80000001,
    -(2 ** 53) + 1,
    -(2 ** 53),
    0.5,
    5e-324,
    1.7976931348623157e308,
  ])('keeps the number %d', roundTrip);

  it.each([0, 15, 16, 31, 32, 255, 256, 65535, 65536])(
    'keeps strings, arrays, objects and bytes of length %d',
    (length) => {
      roundTrip('x'.repeat(length));
      roundTrip('é'.repeat(length));
      roundTrip(Array.from({ length }, (_, i) => i));
      roundTrip(Object.fromEntries(Array.from({ length }, (_, i) => [`k${i}`, i])));
      roundTrip(new Uint8Array(length).fill(7));
    },
  );

  it('gives memory of its own, and Buffers as the bytes that they are', () => {
    const source = Buffer.from([1, 2, 3]);
    const bytes = encode({ source, floats: new Float32Array([1.5]) });
    const { source: copy, floats } = decode(bytes) as { source: Uint8Array; floats: Float32Array };
    bytes.fill(0);
    source.fill(0);
    deepStrictEqual(copy, new Uint8Array([1, 2, 3]));
    deepStrictEqual(floats, new Float32Array([1.5]));
  });

  it('keeps a view on part of a buffer as that part', () => {
    const whole = new Float64Array([1, 2, 3, 4]);
    deepStrictEqual(decode(encode(whole.subarray(1, 3))), new Float64Array([2, 3]));
  });

  it('keeps an invalid date, which Node 20 holds for unequal to itself', () => {
    const copy = decode(encode(new Date(NaN)));
    expect(copy).toBeInstanceOf(Date);
    expect((copy as Date).getTime()).toBeNaN();
  });

  it('sets no prototype', () => {
    const value = JSON.parse('{"__proto__": {"admin": true}, "a": 1}') as { [key: string]: Plain };
    const copy = decode(encode(value)) as { admin?: boolean };
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy.admin).toBeUndefined();
    deepStrictEqual(copy, value);
  });
});

describe('encode', () => {
  it('gives the same bytes whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(key, plain, { noNullPrototype: true }), fc.infiniteStream(fc.nat()), (fields, dice) => {
        const entries = Object.entries(fields).map((entry) => [dice.next().value as number, entry] as const);
        const shuffled = entries.sort(([a], [b]) => a - b).map(([, entry]) => entry);
        expect(hex(encode(Object.fromEntries(shuffled)))).toBe(hex(encode(fields)));
      }),
    );
  });

  it('gives other bytes for any other value', () => {
    const equal = (a: Plain, b: Plain): boolean => {
      try {
        deepStrictEqual(a, b);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        fc.pre(!equal(a, b));
        expect(hex(encode(a))).not.toBe(hex(encode(b)));
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[Plain, Plain]>([
    [0, -0],
    [1, '1'],
    [1, 1n],
    [1, true],
    [null, undefined],
    [{}, []],
    [{}, new Map()],
    [[], new Set()],
    [{ a: undefined }, {}],
    [new Float32Array([1]), new Float64Array([1])],
    [new Int32Array([1]), new Uint32Array([1])],
    [new Uint8Array([1]), new Uint8Array([1]).buffer],
    [new Map([[1, 2], [3, 4]]), new Map([[3, 4], [1, 2]])], // prettier-ignore
    [new Date(0), 0],
    ['\ud800', '\ufffd'],
    [['a', 'b'], ['ab']],
    [['é'], ['e\u0301']],
  ])('tells %o from %o', (a, b) => {
    expect(hex(encode(a))).not.toBe(hex(encode(b)));
  });

  it('writes MessagePack that another reader understands', () => {
    const value = {
      name: 'é'.repeat(40),
      counts: [0, 127, 128, 70_000, 2 ** 40, -1, -33, -70_000],
      rate: 5e-4,
      on: true,
      off: false,
      none: null,
    };
    deepStrictEqual(readMessagePack(encode(value)), value);
  });

  // Written out by hand from the MessagePack specification and docs/formats.md: an upgrade of msgpackr that fails here would
  // give every recorded call another fingerprint.
  it.each<[string, Plain, string]>([
    ['null and booleans', [null, true, false], '93c0c3c2'],
    ['whole numbers', [0, 127, 128, 255, 256, 65535, 65536], '9700 7f cc80 ccff cd0100 cdffff ce00010000'],
    ['negative ones', [-1, -32, -33, -128, -129, -32769], '96ff e0 d0df d080 d1ff7f d2ffff7fff'],
    ['numbers beyond 32 bits', [2 ** 32, -(2 ** 31) - 1], '92 cb41f0000000000000 cbc1e0000000200000'],
    ['fractions and infinities', [0.5, -Infinity], '92 cb3fe0000000000000 cbfff0000000000000'],
    ['-0 and NaN', [-0, NaN], '92 8107a22d30 8107a34e614e'],
    ['strings', ['', 'é', '\u{1f600}'], '93 a0 a2c3a9 a4f09f9880'],
    ['a string of 32 bytes', 'é'.repeat(16), `d920${'c3a9'.repeat(16)}`],
    ['a lone surrogate', 'a\ud800', '8106c4040061d800'],
    ['a byte order mark in front', '\ufeff', '8106c402feff'],
    ['an object', { b: 1, a: [], é: {}, 10: 2, 9: 3 }, '85 a2313002 a13903 a16190 a16201 a2c3a980'],
    ['undefined', { a: undefined }, '81a1618100c0'],
    ['bigints', [-255n, 0n], '92 8101a32d6666 8101a130'],
    ['dates', [new Date(1000), new Date(NaN)], '92 8102cd03e8 8102c0'],
    ['bytes', [new Uint8Array([1, 2]), new Uint8Array([3]).buffer], '92 c4020102 8103c40103'],
    ['a Map', new Map<Plain, Plain>([['k', 1], [2, null]]), '810494 a16b01 02c0'], // prettier-ignore
    ['a Set', new Set(['x']), '810591a178'],
    ['int8', new Int8Array([-1]), '8110c401ff'],
    ['int16', new Int16Array([1, -2]), '8111c4040100feff'],
    ['uint16', new Uint16Array([1]), '8112c4020100'],
    ['int32', new Int32Array([1]), '8113c40401000000'],
    ['uint32', new Uint32Array([1]), '8114c40401000000'],
    ['float32', new Float32Array([1]), '8115c4040000803f'],
    ['float64', new Float64Array([1]), '8116c408000000000000f03f'],
    ['int64', new BigInt64Array([-1n]), '8117c408ffffffffffffffff'],
    ['uint64', new BigUint64Array([1n]), '8118c4080100000000000000'],
  ])('writes the same bytes as ever for %s', (_what, value, spaced) => {
    const bytes = spaced.replaceAll(' ', '');
    expect(hex(encode(value))).toBe(bytes);
    expect(hex(encode(decode(Buffer.from(bytes, 'hex'))))).toBe(bytes);
  });

  it('is not moved by extensions that other code gives to msgpackr', () => {
    addExtension({ Class: Uint8Array, type: 5, pack: () => new Uint8Array([9]), unpack: () => 'another' });
    expect(hex(encode(new Uint8Array([1])))).toBe('c40101');
  });

  const cycle: { [key: string]: unknown } = { list: [] };
  (cycle['list'] as unknown[]).push({ back: cycle });
  class Model {
    lr = 1;
  }
  class Rates extends Array<number> {}
  it.each<[unknown, string, string]>([
    [{ scores: [1, 2, 3, { fn: () => 1 }] }, 'result.scores[3].fn', 'the function fn'],
    [Rates.of(1), 'result', 'a Rates'],
    [Symbol('x'), 'result', 'a symbol'],
    [{ 'two words': new Model() }, 'result["two words"]', 'a Model'],
    [[Promise.resolve(1)], 'result[0]', 'a Promise'],
    [[1, , 3], 'result', 'an array with holes'], // oxlint-disable-line no-sparse-arrays
    [Object.assign([1], { index: 0 }), 'result', 'an array with holes, or with properties'],
    [new Map([['a', new WeakMap()]]), "result.get('a')", 'a WeakMap'],
    [new Map([[new Error('x'), 1]]), 'result.keys()', 'an Error'],
    [new Set([/x/]), 'result.values()', 'a RegExp'],
    [cycle, 'result.list[0].back', 'a cycle'],
    [{ [Symbol('s')]: 1 }, 'result', 'symbols as keys'],
    [new Uint8ClampedArray(2), 'result', 'a Uint8ClampedArray of 2'],
    [new DataView(new ArrayBuffer(2)), 'result', 'a DataView'],
    [new SharedArrayBuffer(2), 'result', 'a SharedArrayBuffer'],
    [new URL('https://example.org'), 'result', 'a URL'],
  ])('refuses %o and names its path', (value, path, found) => {
    let error: unknown;
    try {
      encode(value as Plain, 'result');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UnrecordableValueError);
    expect(error).toMatchObject({ code: 'UNRECORDABLE_VALUE', path });
    expect((error as UnrecordableValueError).found).toContain(found);
    expect((error as Error).message).toContain(`${path} is`);
  });

  it('accepts the same object twice where neither is in the other', () => {
    const shared = { a: 1 };
    deepStrictEqual(decode(encode([shared, shared])), [{ a: 1 }, { a: 1 }]);
  });

  it('refuses nesting without end, and reads no deeper than it writes', () => {
    let deep: Plain = 1;
    for (let i = 0; i < 256; i++) deep = [deep];
    roundTrip(deep);
    expect(() => encode([deep])).toThrow('nested more than 256 deep');
    expect(() => decode(new Uint8Array(100_000).fill(0x91))).toThrow(DecodeError);
  });
});

describe('decode', () => {
  it('leaves the bytes that it is given as they were', () => {
    const bytes = encode(['x', { a: 1 }]);
    decode(bytes);
    expect(Reflect.ownKeys(bytes).filter((name) => Number.isNaN(Number(name)))).toEqual([]);
  });

  it('accepts exactly what encode writes, and refuses the rest by a typed error', () => {
    fc.assert(
      fc.property(plain, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }), (value, edits) => {
        const bytes = encode(value);
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
        let read: Plain;
        try {
          read = decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        expect(hex(encode(read))).toBe(hex(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses what is cut short or goes on', () => {
    fc.assert(
      fc.property(plain, fc.nat(), (value, cut) => {
        const bytes = encode(value);
        expect(() => decode(bytes.subarray(0, cut % bytes.length))).toThrow(DecodeError);
        expect(() => decode(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(DecodeError);
      }),
    );
  });

  it.each([
    ['a count of 4 billion', 'ddffffffff'],
    ['a string of 4 GiB', 'dbffffffff'],
    ['bytes of 4 GiB', 'c6ffffffff'],
    ['a record of msgpackr', 'd4724093a161a162a163010203'],
    ['a date of msgpackr', 'd6ff00000001'],
    ['a regular expression of msgpackr', 'd4780092a17800'],
    ['keys out of order', '82a16201a16101'],
    ['a key twice', '82a16101a16101'],
    ['a key that is no string', '8181070701'],
    ['a tag among other keys', '8207a34e614ea16101'],
    ['a tag that there is not', '8108c0'],
    ['a whole number as a float', 'cb3ff0000000000000'],
    ['a number in a longer form', 'cd0001'],
    ['a float 32', 'ca3f800000'],
    ['an integer of 64 bits', 'cf0000000100000000'],
    ['-0 without a tag', 'cb8000000000000000'],
    ['NaN without a tag', 'cb7ff8000000000000'],
    ['a number tagged without need', '8107a131'],
    ['a string in a longer form', 'd90161'],
    ['a string tagged without need', '8106c4020061'],
    ['a byte order mark without a tag', 'a3efbbbf'],
    ['bad UTF-8', 'a2c328'],
    ['an encoded surrogate', 'a3eda080'],
    ['an empty bigint', '8101a0'],
    ['a bigint with a leading zero', '8101a23031'],
    ['a date out of range', '8102cb433eb208c2dc0001'],
    ['undefined with content', '810001'],
    ['half an element', '8115c40100'],
    ['a Map of half a pair', '810491a161'],
    ['a Map with a key twice', '810494a16101a16102'],
    ['a Set with a member twice', '8105920101'],
    ['nothing', ''],
  ])('refuses %s', (_what, bytes) => {
    expect(() => decode(Buffer.from(bytes, 'hex'))).toThrow(DecodeError);
  });
});
