import { encode } from '../codec/index.js';
import { RepriseError } from '../errors/base.js';
import { DataError } from '../data/data-error.js';
import { string } from '../options/index.js';
import type { Hasher } from '../ports/hasher.js';
import type { Store } from '../ports/store.js';
import type { TensorFiles } from '../ports/tensor-files.js';
import type { Digest } from '../values/digest.js';
import { bytesOf, type Tensors } from '../values/tensor.js';
import { netTensorsIn } from './portable.js';
import { type Given, givenWeights } from './weights.js';

/** Core without a reader of files. */
export const noTensorFiles: TensorFiles = {
  digest: (path) => Promise.reject(noReader(path)),
  texts: (path) => Promise.reject(noReader(path)),
  read: (path) => Promise.reject(noReader(path)),
  encode: () => Promise.reject(noReader('The file')),
};

function noReader(path: string): RepriseError {
  return new RepriseError(
    'FILE_IO',
    `${path} can be neither read nor written: this model was opened without \`tensorFiles\`. Open it with Model.open of the package reprise.`,
  );
}

/** Where weights come from. */
export interface WeightsSource {
  /** For messages. */
  readonly said: string;
  readonly digest: Digest;
  /** What it holds. A file is read now. @throws RepriseError `FILE_IO`, `FILE_FORMAT` */
  given(): Promise<ReadonlyMap<string, Given>>;
  /**
   * Tensors of `given` as they may be kept.
   * @throws DataError `DATA_ERROR` where they are no longer those of the digest
   */
  own(tensors: Tensors): Tensors;
}

type Parts = Pick<Store, 'hasher' | 'files'>;

/**
 * A file by its path, or weights in memory, with the digest of what they hold. What is in memory is hashed before anything is waited for.
 * @throws OptionError; RepriseError `FILE_IO`
 */
export async function weightsSource(
  where: string,
  option: string,
  weights: unknown,
  files: TensorFiles,
  { hasher, files: digests }: Parts,
): Promise<WeightsSource> {
  if (typeof weights !== 'string') return inMemory(givenWeights(where, option, weights), hasher);
  string(where, option, weights);
  return inFile(weights, files, await files.digest(weights, { hasher, files: digests }), hasher);
}

function inMemory(given: ReadonlyMap<string, Given>, hasher: Hasher): WeightsSource {
  const digest = digestOf(given, hasher);
  return {
    said: 'the state dict',
    digest,
    given: async () => given,
    own: (tensors) => {
      const copies = new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
      if (digestOf(given, hasher) !== digest) throw changed('The arrays of a state dict were', awaited);
      return copies;
    },
  };
}

function inFile(path: string, files: TensorFiles, digest: Digest, hasher: Hasher): WeightsSource {
  return {
    said: path,
    digest,
    given: async () => {
      const file = await files.read(path, hasher);
      if (file.digest !== digest) throw changed(`The file ${path} was`, 'Run the script again.');
      return netTensorsIn(path, file, hasher);
    },
    own: (tensors) => tensors,
  };
}

function digestOf(given: ReadonlyMap<string, Given>, hasher: Hasher): Digest {
  const parts = [...given].map(([name, { dtype, shape, data }]) => [name, dtype, shape, hasher.digest(bytesOf(data))]);
  return hasher.digest(encode(parts.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))));
}

const awaited = 'Put `await` before the call, and write afterwards.';

function changed(what: string, remedy: string): DataError {
  return new DataError(
    'DATA_ERROR',
    `${what} written to while its weights were loaded: they would be filed under a name that is not theirs, so nothing is recorded. ${remedy}`,
  );
}
