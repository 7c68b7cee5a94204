import { Buffer } from 'node:buffer';
import { byteSize, tensorFromBytes } from '@reprise/core';
import type { DType, Tensor, Tensors } from '@reprise/core';
import fc from 'fast-check';

const dtypes = [
  'float32',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
] as const satisfies readonly DType[];

const tensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...dtypes), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const size = byteSize(dtype, shape);
    return fc
      .uint8Array({ minLength: size, maxLength: size })
      .map((bytes) => tensorFromBytes(dtype, shape, new Uint8Array(bytes)));
  });
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const name = fc
  .oneof(text, fc.constantFrom('__proto__', 'constructor', '0', ''))
  .filter((key) => key !== '__metadata__');
/** Tensors and texts of a file. */
export const content: fc.Arbitrary<readonly [Tensors, Readonly<Record<string, string>>]> = fc.tuple(
  fc.array(fc.tuple(name, tensor), { maxLength: 6 }).map((entries) => new Map(entries)),
  fc.dictionary(text, text, { maxKeys: 3 }),
);

/** A change to a file, such as accidents and attackers make. */
export type Damage = (bytes: Buffer) => Buffer;
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (bytes: Buffer, where: number): number => Math.floor(where * bytes.length);
const pieces = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '-1',
  '1e9',
  '\\',
  'null',
  '"F16"',
  '"F64"',
  '"BF16"',
  '9007199254740993',
];
export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(([where, bit]): Damage => (bytes) => {
    bytes[at(bytes, where)]! ^= 1 << bit;
    return bytes;
  }),
  place.map(
    (where): Damage =>
      (bytes) =>
        bytes.subarray(0, at(bytes, where)),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map(
    (more): Damage =>
      (bytes) =>
        Buffer.concat([bytes, more]),
  ),
  // Pieces of JSON over what stands there, or in between, so that the header often stays one.
  fc.tuple(place, fc.constantFrom(...pieces), fc.boolean()).map(([where, piece, over]): Damage => (bytes) => {
    const from = at(bytes, where);
    return Buffer.concat([
      bytes.subarray(0, from),
      Buffer.from(piece),
      bytes.subarray(over ? from + piece.length : from),
    ]);
  }),
  // A digit for a digit: shapes, offsets, and the length of the header.
  fc.tuple(fc.nat(), fc.integer({ min: 0, max: 9 })).map(([which, digit]): Damage => (bytes) => {
    const digits = [...bytes.keys()].filter((index) => bytes[index]! >= 48 && bytes[index]! <= 57);
    if (digits.length > 0) bytes[digits[which % digits.length]!] = 48 + digit;
    return bytes;
  }),
  fc.tuple(fc.integer({ min: 0, max: 7 }), fc.nat(255)).map(([byte, value]): Damage => (bytes) => {
    if (byte < bytes.length) bytes[byte] = value;
    return bytes;
  }),
);
