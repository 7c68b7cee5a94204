import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../src/codec/index.js';
import type { Plain } from '../../src/values/plain.js';
import { dataOfText, textOfData } from '../../src/weights/texts.js';

test.each<Plain>([
  null,
  undefined,
  -0,
  Number.NaN,
  -Infinity,
  0.1,
  12n,
  'text',
  '\ud800',
  { b: 1, a: [1, { c: null }] },
  { a: undefined },
  new Date(5),
  new Map([[1, 'one']]),
  new Set([2]),
  Float32Array.of(1, 2),
  { deep: [Uint8Array.of(255)] },
])('comes back whole: %s', (value) => {
  expect(dataOfText(textOfData(value))).toEqual(value);
});

test('any data come back whole', () => {
  const values = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: false });
  fc.assert(
    fc.property(values, (value) => {
      let bytes: Uint8Array;
      try {
        bytes = encode(value as Plain);
      } catch {
        return;
      }
      expect(Buffer.compare(encode(dataOfText(textOfData(value as Plain))), bytes)).toBe(0);
    }),
    { seed: 1 },
  );
});

test('equal data give equal texts, whatever the order of their keys', () => {
  expect(textOfData({ b: 1, a: { d: 2, c: 3 } })).toBe(textOfData({ a: { c: 3, d: 2 }, b: 1 }));
});

test('what JSON can say is said as JSON', () => {
  expect(textOfData({ lr: 0.01, betas: [0.9, 0.999], name: 'adam' })).toBe(
    '{"betas":[0.9,0.999],"lr":0.01,"name":"adam"}',
  );
  expect(textOfData({ lr: Infinity })).toMatch(/^base64:/);
});

test.each(['', '{', 'base64:', 'base64:!!!!', 'base64:wQ=='])('%j is refused', (text) => {
  expect(() => dataOfText(text)).toThrow(Error);
});
