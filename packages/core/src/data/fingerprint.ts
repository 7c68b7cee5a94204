import { encode } from '../codec/index.js';
import { describe, isPlainObject } from '../options/index.js';
import type { DependencyDigest } from '../functions/fingerprint.js';
import type { DataSource, FingerprintContext, SampleStream } from '../ports/data-source.js';
import type { Hasher } from '../ports/hasher.js';
import type { Digest } from '../values/digest.js';
import type { Outline } from '../values/outline.js';
import type { Plain } from '../values/plain.js';
import { DataError } from './data-error.js';

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
 * What data are made of, by path; empty where the source doesn't say. Once their fingerprint is known it hashes no content again.
 * @throws DataError `DATA_ERROR` where a source of the user's gives no object, UnrecordableValueError where that can't be recorded;
 * whatever the source throws.
 */
export async function outlineOfData(data: DataSource | SampleStream, context: FingerprintContext): Promise<Outline> {
  const outline: unknown = await data.outline?.(context);
  if (outline === undefined) return {};
  if (!isPlainObject(outline)) {
    const expected = 'The outline() of a data set gives small values by name, such as { rows: 1000 }';
    throw new DataError('DATA_ERROR', `${expected}, and this one gave ${describe(outline)}.`);
  }
  encode(outline as Outline, 'outline');
  return outline as Outline;
}

/**
 * Whether the arrays that the fingerprint of these data was made of still hold what they held. True of what isn't in memory, and of what
 * has no fingerprint yet; data among the `deps` of functions are not looked at. It costs one hash of the arrays, about 7 GB/s.
 */
export function contentUnchanged(data: DataSource | SampleStream): boolean {
  return 'unchanged' in data ? (data.unchanged?.() ?? true) : true;
}
