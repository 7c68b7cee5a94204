import { encode } from '../codec/index.js';
import type { DependencyDigest } from '../functions/fingerprint.js';
import type { DataSource, FingerprintContext, SampleStream } from '../ports/data-source.js';
import type { Hasher } from '../ports/hasher.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';

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

/**
 * Whether the arrays that the fingerprint of these data was made of still hold what they held. True of what isn't in memory, and of what
 * has no fingerprint yet; data among the `deps` of functions are not looked at. It costs one hash of the arrays, about 7 GB/s.
 */
export function contentUnchanged(data: DataSource | SampleStream): boolean {
  return 'unchanged' in data ? (data.unchanged?.() ?? true) : true;
}
