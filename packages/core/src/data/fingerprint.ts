import { encode } from '../codec/index.js';
import type { DependencyDigest } from '../functions/fingerprint.js';
import type { DataSource, FingerprintContext, SampleStream } from '../ports/data-source.js';
import type { Hasher } from '../ports/hasher.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import { bytesOf } from '../values/tensor.js';
import type { TensorData } from '../values/tensor.js';

/** The fingerprint of a data set of this kind, made of these parts. */
export function fingerprintOfData(hasher: Hasher, kind: string, ...parts: readonly Plain[]): Digest {
  return hasher.digest(encode(['data', kind, ...parts]));
}

/** Whether a value gives samples, and the digest of all that decides them. */
export function isData(value: unknown): value is DataSource | SampleStream {
  const source = value as Partial<DataSource & SampleStream> | null | undefined;
  return (
    typeof source?.fingerprint === 'function' && (typeof source.get === 'function' || typeof source.open === 'function')
  );
}

/** Data sets among the `deps` of a function count by their content. */
export function digestOfData(context: FingerprintContext): DependencyDigest {
  return (value) => (isData(value) ? value.fingerprint(context) : undefined);
}

/** Digests of memory that was hashed before, by hasher, buffer, and place in the buffer. Forgotten with the buffer. */
const hashed = new WeakMap<Hasher, WeakMap<ArrayBufferLike, Map<string, Digest>>>();

/**
 * The digest of an array's bytes. The same memory is hashed once a process, whatever wraps it, so it must not be written to
 * after it was given as data.
 */
export function contentDigest(hasher: Hasher, data: TensorData): Digest {
  const buffers = entry(hashed, hasher, () => new WeakMap<ArrayBufferLike, Map<string, Digest>>());
  const places = entry(buffers, data.buffer, () => new Map<string, Digest>());
  return entry(places, `${data.byteOffset}+${data.byteLength}`, () => hasher.digest(bytesOf(data)));
}

function entry<K, V>(map: { get(key: K): V | undefined; set(key: K, value: V): unknown }, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
