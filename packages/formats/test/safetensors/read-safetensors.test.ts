import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { FormatError, readSafetensors, writeSafetensors } from '../../src/index.js';
import { refusal } from '../refusal.js';
import { fileOf } from './file.js';
import { hostileFiles } from './hostile.js';

describe('a safetensors file', () => {
  it('of Python, with 16-bit floats, is read as float32, and says so', () => {
    // safetensors.numpy.save({'h': np.array([1, -2, 65504, 2**-24], dtype=np.float16)})
    const bytes = Buffer.from(
      '38000000000000007b2268223a7b226474797065223a22463136222c227368617065223a5b345d2c22646174615f6f666673657473223a5b302c385d7d7d2020' +
        '003c00c0ff7b0100',
      'hex',
    );
    const { tensors, metadata, widened } = readSafetensors(bytes);
    expect(tensors).toEqual(
      new Map([['h', { dtype: 'float32', shape: [4], data: Float32Array.of(1, -2, 65504, 2 ** -24) }]]),
    );
    expect(metadata).toEqual({});
    expect(widened).toEqual(new Map([['h', 'F16']]));
  });

  it('is read without a copy where its tensors are aligned', () => {
    const file = writeSafetensors(
      new Map([
        ['w', { dtype: 'float64', shape: [2], data: Float64Array.of(1, 2) }],
        ['n', { dtype: 'int32', shape: [1], data: Int32Array.of(3) }],
      ]),
    );
    for (let offset = 0; offset < 9; offset++) {
      const memory = new Uint8Array(file.length + 16);
      memory.set(file, offset);
      const { tensors } = readSafetensors(memory.subarray(offset, offset + file.length));
      const [w, n] = [tensors.get('w')?.data, tensors.get('n')?.data];
      expect([w, n]).toEqual([Float64Array.of(1, 2), Int32Array.of(3)]);
      expect([w?.buffer === memory.buffer, n?.buffer === memory.buffer]).toEqual([offset % 8 === 0, offset % 4 === 0]);
    }
  });

  it('may have scalars, tensors without elements, an empty name, and space around its header', () => {
    const info = (shape: readonly number[], begin: number, end: number): object => ({
      dtype: 'I32',
      shape,
      data_offsets: [begin, end],
    });
    const header = JSON.stringify({ '': info([], 0, 4), b: info([2, 0], 4, 4), a: info([1], 4, 8) });
    const { tensors } = readSafetensors(fileOf(`\t\n${header}\r \n`, Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0)));
    expect([...tensors]).toEqual([
      ['', { dtype: 'int32', shape: [], data: Int32Array.of(1) }],
      ['b', { dtype: 'int32', shape: [2, 0], data: new Int32Array() }],
      ['a', { dtype: 'int32', shape: [1], data: Int32Array.of(2) }],
    ]);
  });

  it('may say its tensors in any order, with names that objects have, and fields of later versions', () => {
    const header =
      '{"b":{"data_offsets":[1,2],"dtype":"U8","shape":[1],"later":[1,"\\u00e9",null]},' +
      '"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"__metadata__":{"__proto__":"x","1":"y"}}';
    const { tensors, metadata } = readSafetensors(fileOf(header, Uint8Array.of(5, 6)));
    expect([...tensors].map(([name, { data }]) => [name, data[0]])).toEqual([
      ['__proto__', 5],
      ['b', 6],
    ]);
    expect(Object.entries(metadata)).toEqual([
      ['1', 'y'],
      ['__proto__', 'x'],
    ]);
  });

  it('may have null for metadata, as the reference reader takes it', () => {
    expect(readSafetensors(fileOf('{"__metadata__":null}')).metadata).toEqual({});
  });
});

describe('a hostile safetensors file is refused:', () => {
  it.each(hostileFiles)('%s', (_, bytes, message) => {
    const read = (): unknown => readSafetensors(bytes);
    expect(read).toThrow(FormatError);
    expect(read).toThrow(refusal('FILE_FORMAT', message));
  });

  it('a name of a megabyte, without repeating it in the message', () => {
    const file = fileOf({ ['n'.repeat(1e6)]: { dtype: 'X'.repeat(1e6), shape: [], data_offsets: [0, 0] } });
    expect(() => readSafetensors(file)).toThrow(/^.{1,400}$/);
  });

  it('what is no bytes', () => {
    expect(() => readSafetensors('model.safetensors' as never)).toThrow(/content of a file, as a Uint8Array/);
  });
});
