import { expect, test } from 'vitest';
import type { Digest, Tensor } from '../../src/index.js';
import { blobsOf, inlineBelow, loadTensor, nameTensor, partSize, storeTensor } from '../../src/state/tensor-store.js';
import { tensorFromBytes } from '../../src/values/tensor.js';
import { MemoryBlobs } from './memory-blobs.js';

const vector = (length: number): Tensor => ({
  dtype: 'float32',
  shape: [length],
  data: Float32Array.from({ length }, (_, i) => Math.sin(i)),
});

test('a small tensor rides in the manifest, one of 16 KiB is a blob of its own', async () => {
  const blobs = new MemoryBlobs();
  const small = await storeTensor(vector(inlineBelow / 4 - 1), blobs);
  expect(blobs.blobs.size).toBe(0);
  expect(blobsOf(small)).toEqual([]);
  const large = await storeTensor(vector(inlineBelow / 4), blobs);
  expect(blobs.added).toEqual([inlineBelow]);
  expect(blobsOf(large)).toHaveLength(1);
  expect(await loadTensor(small, blobs)).toEqual(vector(inlineBelow / 4 - 1));
  expect(await loadTensor(large, blobs)).toEqual(vector(inlineBelow / 4));
});

test('above 16 MiB a tensor is stored in parts, and an untouched part costs nothing', async () => {
  const blobs = new MemoryBlobs();
  const length = (2.5 * partSize) / 4;
  const table = vector(length);
  const stored = await storeTensor(table, blobs);
  expect(blobs.added).toEqual([partSize, partSize, partSize / 2]);
  const touched = { ...table, data: (table.data as Float32Array).slice() };
  touched.data[length - 1] = 7;
  const again = await storeTensor(touched, blobs);
  expect(blobs.added.slice(3)).toEqual([partSize / 2]);
  expect(blobsOf(again).slice(0, 2)).toEqual(blobsOf(stored).slice(0, 2));
  const loaded = await loadTensor(again, blobs);
  expect(loaded.shape).toEqual([length]);
  expect(Buffer.compare(Buffer.from(loaded.data.buffer as ArrayBuffer), Buffer.from(touched.data.buffer))).toBe(0);
});

test('bytes in a Buffer, whose slice is a view, are copied where a copy is promised', async () => {
  const memory = Buffer.alloc(12, 1);
  const stored = { dtype: 'float32', shape: [2], bytes: memory.subarray(3, 11) } as const;
  const loaded = await loadTensor(stored, new MemoryBlobs());
  const unaligned = tensorFromBytes('float32', [2], memory.subarray(3, 11));
  const expected = new Float32Array(new Uint8Array(8).fill(1).buffer);
  memory.fill(2);
  expect(loaded.data).toEqual(expected);
  expect(unaligned.data).toEqual(expected);
});

test('naming a tensor gives what storing it would, and stores nothing', async () => {
  const blobs = new MemoryBlobs();
  const names: Digest[] = [];
  for (const length of [0, 10, inlineBelow / 4, partSize / 4 + 1]) {
    const stored = await storeTensor(vector(length), blobs);
    names.push(...blobsOf(stored));
    const digests = await Promise.all(
      ['bytes' in stored ? [] : stored.parts]
        .flat()
        .map(async (part) => [(await blobs.get(part)).byteLength, part] as const),
    );
    const bySize = new Map(digests);
    expect(nameTensor(vector(length), (bytes) => bySize.get(bytes.byteLength) as Digest)).toEqual(stored);
  }
  expect(names).toHaveLength(3);
});

test('a manifest whose sizes disagree is refused', async () => {
  const blobs = new MemoryBlobs();
  const stored = await storeTensor(vector(inlineBelow), blobs);
  await expect(loadTensor({ ...stored, shape: [3] }, blobs)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
});

test('what is stored is a copy: later writes to the tensor do not reach it', async () => {
  const blobs = new MemoryBlobs();
  const tensor = vector(8);
  const stored = await storeTensor(tensor, blobs);
  tensor.data[0] = 5;
  expect((await loadTensor(stored, blobs)).data[0]).toBe(0);
});
