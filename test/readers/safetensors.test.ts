import { Buffer } from 'node:buffer';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf, type Tensor, type Tensors } from '@reprise/core';
import { FormatError, readSafetensors, writeSafetensors } from '@reprise/formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { content, damage } from '../../packages/formats/test/safetensors/arbitrary.js';
import { fileOf } from '../../packages/formats/test/safetensors/file.js';
import { hostileFiles } from '../../packages/formats/test/safetensors/hostile.js';
import { ask, temporaryFolder, unavailable } from './python.js';

const script = 'safetensors_peer.py';

/** A tensor as Python sees it, with the bytes in hexadecimal. */
type Described = Readonly<
  Record<string, { readonly dtype: string; readonly shape: readonly number[]; readonly data: string }>
>;

const codes = {
  bool: 'BOOL',
  uint8: 'U8',
  int8: 'I8',
  uint16: 'U16',
  int16: 'I16',
  uint32: 'U32',
  int32: 'I32',
  uint64: 'U64',
  int64: 'I64',
  float32: 'F32',
  float64: 'F64',
} as const;

function described(tensors: Tensors): Described {
  return Object.fromEntries(
    Array.from(tensors, ([name, { dtype, shape, data }]) => [
      name,
      { dtype: codes[dtype], shape, data: Buffer.from(bytesOf(data)).toString('hex') },
    ]),
  );
}

const nan = new Float32Array(Uint32Array.of(0x7fc00001, 0xffa00000).buffer);
const ours = new Map<string, Tensor>([
  ['bool', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['uint8', { dtype: 'uint8', shape: [2], data: Uint8Array.of(0, 255) }],
  ['int8', { dtype: 'int8', shape: [2], data: Int8Array.of(-128, 127) }],
  ['uint16', { dtype: 'uint16', shape: [1], data: Uint16Array.of(65_535) }],
  ['int16', { dtype: 'int16', shape: [3], data: Int16Array.of(-32_768, 0, 1) }],
  ['uint32', { dtype: 'uint32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) }],
  ['int32', { dtype: 'int32', shape: [1, 1], data: Int32Array.of(-(2 ** 31)) }],
  ['uint64', { dtype: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) }],
  ['int64', { dtype: 'int64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) }],
  ['float32', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1 / 3, -0, -Infinity, 1e-45) }],
  ['float64', { dtype: 'float64', shape: [2, 1], data: Float64Array.of(1 / 3, 5e-324) }],
  ['nan', { dtype: 'float32', shape: [2], data: nan }],
  ['scalar', { dtype: 'float64', shape: [], data: Float64Array.of(Math.PI) }],
  ['empty', { dtype: 'float32', shape: [4, 0, 2], data: new Float32Array() }],
  ['', { dtype: 'uint8', shape: [1], data: Uint8Array.of(1) }],
  ['layer "1"/\n\u0000é😀｡', { dtype: 'uint8', shape: [1], data: Uint8Array.of(2) }],
]);

const reason = unavailable();

describe.skipIf(reason !== undefined)(
  `safetensors of Python${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    it('reads what we write, of every type, to the last bit', async () => {
      const folder = await temporaryFolder();
      const metadata = { format: 'np', 'é"': '{"a":\n1}', 7: '\u0001😀' };
      await writeFile(join(folder, 'ours'), writeSafetensors(ours, metadata));
      const read = await ask<{
        readonly metadata: object;
        readonly tensors: Described;
        readonly arrays: Readonly<Record<string, { readonly dtype: string; readonly values: string }>>;
      }>(script, folder, 'read', 'ours');
      expect(read.metadata).toEqual(metadata);
      expect(read.tensors).toEqual(described(ours));
      expect(read.arrays['int16']).toEqual({ dtype: 'int16', values: '[-32768, 0, 1]' });
      expect(read.arrays['bool']).toEqual({ dtype: 'bool', values: '[True, False, True]' });
    });

    it('writes the same bytes for what it has read of us', async () => {
      const folder = await temporaryFolder();
      const file = writeSafetensors(ours, { format: 'np' });
      await writeFile(join(folder, 'ours'), file);
      await ask(script, folder, 'copy', 'ours', 'theirs');
      expect(await readFile(join(folder, 'theirs'))).toEqual(Buffer.from(file));
    });

    it('writes files that we read, and its 16-bit floats are the float32 that numpy makes of them', async () => {
      const folder = await temporaryFolder();
      await ask(script, folder, 'write', 'theirs');
      const [{ tensors, metadata, widened }, wide] = (await Promise.all(
        ['theirs.safetensors', 'theirs-wide.safetensors'].map(async (name) =>
          readSafetensors(await readFile(join(folder, name))),
        ),
      )) as [ReturnType<typeof readSafetensors>, ReturnType<typeof readSafetensors>];
      expect(metadata).toEqual({ é: '\u0000😀', format: 'np' });
      expect(widened).toEqual(
        new Map([
          ['f16', 'F16'],
          ['bf16', 'BF16'],
        ]),
      );
      expect(tensors.size).toBe(15);
      const value = (name: string): unknown => tensors.get(name);
      expect(value('int64')).toEqual({ dtype: 'int64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) });
      expect(value('float64')).toEqual({ dtype: 'float64', shape: [2, 1], data: Float64Array.of(1 / 3, 5e-324) });
      expect(value('bool')).toEqual({ dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) });
      expect(value('scalar')).toEqual({ dtype: 'int32', shape: [], data: Int32Array.of(3) });
      expect(value('empty')).toEqual({ dtype: 'float32', shape: [2, 0], data: new Float32Array() });
      // NaN apart: numpy makes quiet ones of signalling ones.
      for (const name of ['f16', 'bf16']) {
        expect(tensors.get(name)?.shape).toEqual([65_536]);
        expect(Array.from(tensors.get(name)!.data as Float32Array)).toEqual(
          Array.from(wide.tensors.get(name)!.data as Float32Array),
        );
      }
      expect(described(wide.tensors)['float32']).toEqual(described(tensors)['float32']);
    });

    it('refuses the hostile files that we refuse, but for what the specification forbids and it lets pass', async () => {
      const lenient = new Set([
        // "Duplicate keys are disallowed. Not all parsers may respect this."
        'a name twice',
        'a name twice, written in two ways',
        'a text of the metadata twice',
        // Types that reprise has not.
        'a type that only the reference has',
        // An entry "is a dict", its dtype a text.
        'a tensor that is a list',
        'an object in an entry',
      ]);
      const answers = await verdicts(hostileFiles.map(([, bytes]) => bytes));
      const read = hostileFiles.filter((_, index) => typeof answers[index] !== 'string').map(([name]) => name);
      expect(new Set(read)).toEqual(lenient);
    });

    it('agrees with us on what is allowed', async () => {
      const info = (shape: readonly number[], begin: number, end: number): object => ({
        dtype: 'I32',
        shape,
        data_offsets: [begin, end],
      });
      const files = [
        fileOf('{}'),
        fileOf('{}   \r\n\t'),
        fileOf(' {}'),
        fileOf('{"__metadata__":null}'),
        fileOf({ a: { ...info([1], 0, 4), later: [1, 'x', null] } }, new Uint8Array(4)),
        fileOf(
          { b: info([], 4, 8), '': info([0, 3], 0, 0), a: info([1, 1], 0, 4) },
          Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
        ),
        fileOf('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', Uint8Array.of(9)),
      ];
      expect(await verdicts(files)).toEqual(files.map((file) => described(readSafetensors(file).tensors)));
    });

    it('says the same as we of thousands of damaged files', async () => {
      const changed = fc
        .tuple(content, fc.array(damage, { minLength: 1, maxLength: 2 }))
        .map(([[tensors, metadata], changes]) => {
          let bytes: Buffer = Buffer.from(writeSafetensors(tensors, metadata));
          for (const change of changes) if (bytes.length > 0) bytes = change(bytes);
          return bytes;
        });
      const files = fc.sample(changed, { numRuns: 10_000, seed: 3 });
      const answers = await verdicts(files);
      let [both, neither, onlyTheirs] = [0, 0, 0];
      for (const [index, file] of files.entries()) {
        const theirs = answers[index] as Described | string;
        const found = attempt(file);
        if (typeof found === 'string') {
          if (typeof theirs === 'string') neither++;
          else {
            onlyTheirs++;
            expect(found).toMatch(/ twice\.|which reprise has not|where none belongs/);
          }
        } else {
          both++;
          expect(typeof theirs === 'string' ? theirs : withoutHalves(theirs)).toEqual(found);
        }
      }
      expect(both).toBeGreaterThan(300);
      expect(neither).toBeGreaterThan(5000);
      expect(onlyTheirs).toBeLessThan(50);
    });
  },
);

function withoutHalves(tensors: Described): Described {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, info]) => [name, info.dtype.endsWith('F16') ? { ...info, data: '' } : info]),
  );
}

/** What we read of a file, or why we refuse it. The bytes of 16-bit floats are left out: here they are others. */
function attempt(file: Uint8Array): Described | string {
  try {
    const { tensors, widened } = readSafetensors(file);
    return Object.fromEntries(
      Object.entries(described(tensors)).map(([name, info]) => {
        const half = widened.get(name);
        return [name, half ? { ...info, dtype: half, data: '' } : info];
      }),
    );
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as FormatError).message;
  }
}

/** What Python says of each of the files: their tensors, or why it refuses them. */
async function verdicts(files: readonly Uint8Array[]): Promise<readonly (Described | string)[]> {
  const folder = await temporaryFolder();
  const row = files.flatMap((file) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(file.byteLength));
    return [length, file];
  });
  await writeFile(join(folder, 'row'), Buffer.concat(row));
  return ask(script, folder, 'verdicts', 'row');
}
