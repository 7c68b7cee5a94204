import { createHash } from 'node:crypto';
import type { Batch, BatchContext, DataSource, Digest, FingerprintContext, Hasher } from '../../src/index.js';

export interface CountingHasher extends Hasher {
  /** Bytes hashed so far. */
  readonly bytes: number;
}

/** SHA-256, which counts what it hashes. */
export function testHasher(): CountingHasher {
  let total = 0;
  return {
    algorithm: 'sha256',
    digest(bytes) {
      total += bytes.length;
      return `sha256-${createHash('sha256').update(bytes).digest('hex')}` as Digest;
    },
    stream() {
      const hash = createHash('sha256');
      return {
        update(bytes) {
          hash.update(bytes);
          return this;
        },
        digest: () => `sha256-${hash.digest('hex')}` as Digest,
      };
    },
    get bytes() {
      return total;
    },
  };
}

export function fingerprinting(hasher: Hasher = testHasher()): FingerprintContext {
  return { hasher, files: { get: async (files) => files.map(() => undefined), set: async () => undefined } };
}

export const batchContext: BatchContext = { rng: () => () => 0.5, signal: new AbortController().signal };

/** A batch as nested plain arrays, for comparing. */
export function plain(batch: Batch): Record<string, { dtype: string; shape: readonly number[]; values: number[] }> {
  return Object.fromEntries(
    [...batch].map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, values: Array.from(data as Float32Array) },
    ]),
  );
}

export async function valuesOf(source: DataSource, name = 'input', indices?: readonly number[]): Promise<number[]> {
  const all = Uint32Array.from(indices ?? Array.from({ length: source.length }, (_, i) => i));
  return plain(await source.get(all, batchContext))[name]!.values;
}

export async function collect(iterable: AsyncIterable<Batch>, name = 'input'): Promise<number[][]> {
  const all: number[][] = [];
  for await (const batch of iterable) all.push(plain(batch)[name]!.values);
  return all;
}
