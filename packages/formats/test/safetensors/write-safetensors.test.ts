import { Buffer } from 'node:buffer';
import type { DType, Tensor, TensorData } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { readSafetensors, safetensorsParts, writeSafetensors } from '../../src/index.js';
import { refusal } from '../refusal.js';

const tensor = (dtype: DType, shape: readonly number[], data: TensorData): Tensor => ({ dtype, shape, data });
const mixed = new Map([
  ['s', tensor('uint8', [], Uint8Array.of(7))],
  ['b', tensor('float32', [2], Float32Array.of(1.5, -2))],
  ['flag', tensor('bool', [3], Uint8Array.of(1, 0, 1))],
  ['é"\n', tensor('int16', [0, 3], new Int16Array())],
  ['a', tensor('int64', [2, 2], BigInt64Array.of(1n, 2n, 3n, 4n))],
]);

describe('a written safetensors file', () => {
  it('has the bytes that safetensors 0.8.0 of Python writes for the same tensors', () => {
    const theirs = Buffer.concat([
      Buffer.from('4001000000000000', 'hex'),
      Buffer.from(
        '{"__metadata__":{"format":"np"},"a":{"dtype":"I64","shape":[2,2],"data_offsets":[0,32]},' +
          '"b":{"dtype":"F32","shape":[2],"data_offsets":[32,40]},"é\\"\\n":{"dtype":"I16","shape":[0,3],"data_offsets":[40,40]},' +
          '"s":{"dtype":"U8","shape":[],"data_offsets":[40,41]},"flag":{"dtype":"BOOL","shape":[3],"data_offsets":[41,44]}}   ',
      ),
      Buffer.from('0100000000000000020000000000000003000000000000000400000000000000', 'hex'),
      Buffer.from('0000c03f000000c0', 'hex'),
      Buffer.from('07010001', 'hex'),
    ]);
    expect(Buffer.from(writeSafetensors(mixed, { format: 'np' })).toString('hex')).toBe(theirs.toString('hex'));
  });

  it('has the bytes of the tests of the reference library', () => {
    const values = tensor('float32', [1, 2, 3], Float32Array.of(0, 1, 2, 3, 4, 5));
    const header = '{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}';
    expect(Buffer.from(writeSafetensors(new Map([['attn.0', values]])))).toEqual(
      Buffer.concat([Buffer.from([64, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(header), Buffer.from(values.data.buffer)]),
    );
    expect([...writeSafetensors(new Map())]).toEqual([8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32]);
  });

  it('does not depend on the order of tensors and texts', () => {
    const forward = writeSafetensors(mixed, { b: '1', a: '2', 7: '3' });
    expect(writeSafetensors(new Map([...mixed].reverse()), { 7: '3', a: '2', b: '1' })).toEqual(forward);
    expect(Object.keys(readSafetensors(forward).metadata).toSorted()).toEqual(['7', 'a', 'b']);
  });

  it('has names in the order of their UTF-8, which is not that of UTF-16', () => {
    const one = tensor('uint8', [1], Uint8Array.of(1));
    const names = ['😀', '｡', 'z'];
    const file = writeSafetensors(new Map(names.map((name) => [name, one])));
    expect([...readSafetensors(file).tensors.keys()]).toEqual(['z', '｡', '😀']);
  });

  it('comes in parts that are the memory of the tensors', () => {
    const parts = safetensorsParts(mixed);
    expect(Buffer.concat(parts)).toEqual(Buffer.from(writeSafetensors(mixed)));
    expect(parts[1]?.buffer).toBe(mixed.get('a')?.data.buffer);
  });
});

describe('what has no place in a file', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'data of another size',
      () => writeSafetensors(new Map([['w', tensor('float32', [3], new Float32Array(2))]])),
      /"w" must be float32 of shape \[3\]/,
    ],
    [
      'data of another type',
      () => writeSafetensors(new Map([['w', tensor('float32', [2], new Int32Array(2))]])),
      /"w" must be float32/,
    ],
    [
      'a negative dimension',
      () => writeSafetensors(new Map([['w', tensor('uint8', [-1, -2], new Uint8Array(2))]])),
      /"w"/,
    ],
    [
      'a type that reprise has not',
      () => writeSafetensors(new Map([['w', tensor('float16' as DType, [1], new Uint8Array(2))]])),
      /dtype of the tensor "w"/,
    ],
    [
      'the name of the metadata',
      () => writeSafetensors(new Map([['__metadata__', tensor('uint8', [1], new Uint8Array(1))]])),
      /metadata/,
    ],
    [
      'half a character',
      () => writeSafetensors(new Map([['\ud800', tensor('uint8', [1], new Uint8Array(1))]])),
      /lone surrogates/,
    ],
    [
      'metadata that are no text',
      () => writeSafetensors(new Map(), { epoch: 3 as unknown as string }),
      /metadata\.epoch/,
    ],
    ['metadata that are too long', () => writeSafetensors(new Map(), { text: 'a'.repeat(1e8) }), /100000000 bytes/],
    ['an object of tensors', () => writeSafetensors({} as never), /a Map of tensors/],
  ])('%s is refused', (_, write, message) => {
    expect(write).toThrow(refusal('INVALID_OPTION', message));
  });
});
