import { Buffer } from 'node:buffer';
import { byteSize } from '@reprise/core';
import type { Tensor } from '@reprise/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FormatError, readSafetensors, writeSafetensors } from '../../src/index.js';
import { content, damage } from './arbitrary.js';

it('what is written is read again, bit for bit', () => {
  fc.assert(
    fc.property(content, ([tensors, metadata]) => {
      const read = readSafetensors(writeSafetensors(tensors, metadata));
      expect([...read.tensors.keys()].toSorted()).toEqual([...tensors.keys()].toSorted());
      for (const [key, { dtype, shape, data }] of tensors) {
        const found = read.tensors.get(key) as Tensor;
        expect([found.dtype, found.shape]).toEqual([dtype, shape]);
        expect(Buffer.from(found.data.buffer, found.data.byteOffset, found.data.byteLength)).toEqual(
          Buffer.from(data.buffer, data.byteOffset, data.byteLength),
        );
      }
      expect(new Map(Object.entries(read.metadata))).toEqual(new Map(Object.entries(metadata)));
      expect(read.widened.size).toBe(0);
    }),
    { numRuns: 500, seed: 1 },
  );
});

it('whatever becomes of a file, it is read within its bounds or refused with a typed error', () => {
  let [read, refused] = [0, 0];
  fc.assert(
    fc.property(content, fc.array(damage, { minLength: 1, maxLength: 3 }), ([tensors, metadata], changes) => {
      let bytes: Buffer = Buffer.from(writeSafetensors(tensors, metadata));
      for (const change of changes) if (bytes.length > 0) bytes = change(bytes);
      // Of its own: what lies around it is nobody's.
      const memory = new Uint8Array(bytes.length + 64);
      memory.set(bytes, 32);
      const file = memory.subarray(32, 32 + bytes.length);
      let result;
      try {
        result = readSafetensors(file);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        refused++;
        return;
      }
      read++;
      let covered = 0;
      for (const [key, { dtype, shape, data }] of result.tensors) {
        expect(data.byteLength).toBe(byteSize(dtype, shape));
        covered += data.byteLength / (result.widened.has(key) ? 2 : 1);
        if (data.buffer !== memory.buffer) continue;
        expect(data.byteOffset).toBeGreaterThanOrEqual(32 + 8);
        expect(data.byteOffset + data.byteLength).toBeLessThanOrEqual(32 + bytes.length);
      }
      expect(covered).toBe(bytes.length - 8 - Number(bytes.readBigUInt64LE()));
    }),
    { numRuns: 5000, seed: 2 },
  );
  expect(read).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(1000);
});
