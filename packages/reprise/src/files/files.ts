import { relative, resolve, sep } from 'node:path';
import {
  Dataset,
  DataError,
  checkOptions,
  digestOfData,
  encode,
  fingerprintFunction,
  fingerprintOfData,
  outlineOfFunction,
  shortDigest,
  stackSamples,
  userFunction,
} from '@reprise/core';
import type {
  Batch,
  BatchContext,
  DataSource,
  Digest,
  FingerprintContext,
  FunctionOptions,
  Outline,
  Sample,
  TensorsOf,
  UserFunction,
} from '@reprise/core';
import { hashFiles } from './digests.js';
import type { HashedFile } from './digests.js';
import { nodeFiles, sameFile } from './file-reader.js';
import type { FileReader } from './file-reader.js';
import { findFiles } from './find-files.js';
import { Limit } from './limit.js';

export interface FilesOptions extends FunctionOptions {
  /** The folder that patterns and paths start from; the working directory unless given. */
  readonly root?: string;
}

/** Makes a sample of a file. `path` is relative to the root, with `/` between folders, so that a label can be read from it. */
export type Decode<S extends Sample = Sample> = (bytes: Uint8Array, path: string) => S | PromiseLike<S>;

/**
 * A data set of files, one sample each, read and decoded when they are asked for: at most eight at once. They stand in the order of
 * their paths, whatever the order of the patterns. The fingerprint is the relative paths, the files' contents and the function; a file
 * that has not changed since it was last hashed, by size, time and inode, is not read for it.
 * @param patterns names and glob patterns, such as `images/**`.
 * @param decode fingerprinted by its source: what it closes over is given in `deps`, or `key` names its behaviour.
 * @throws DataError `DATA_ERROR` where a pattern matches no file.
 */
export function files<S extends Sample>(
  patterns: string | readonly string[],
  decode: Decode<S>,
  options: FilesOptions = {},
): Dataset<TensorsOf<S>> {
  checkOptions('files()', options, ['root', 'deps', 'key']);
  const { root = '.', ...identity } = options;
  const folder = resolve(root);
  const paths = findFiles(typeof patterns === 'string' ? [patterns] : patterns, folder);
  const source = new FileSource(folder, paths, userFunction<Decode>(decode, identity), {
    reader: nodeFiles,
    now: Date.now,
  });
  return new Dataset<TensorsOf<S>>(source);
}

/** How many files are read and decoded at once. */
const concurrency = 8;

interface Hashed {
  readonly hasher: FingerprintContext['hasher'];
  readonly files: readonly HashedFile[];
  /** Of the function. */
  readonly decode: Digest;
}

interface File {
  readonly path: string;
  /** Relative to the root, with `/`. */
  readonly name: string;
}

export class FileSource implements DataSource {
  readonly length: number;
  readonly #files: readonly File[];
  readonly #decode: UserFunction<Decode>;
  readonly #system: { readonly reader: FileReader; readonly limit: Limit; readonly now: () => number };
  #hashed: Hashed | undefined;

  constructor(
    root: string,
    paths: readonly string[],
    decode: UserFunction<Decode>,
    system: { readonly reader: FileReader; readonly now: () => number },
  ) {
    const named = paths.map((path) => ({ path, name: relative(root, path).split(sep).join('/') }));
    this.#files = named.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#decode = decode;
    this.#system = { ...system, limit: new Limit(concurrency) };
    this.length = paths.length;
  }

  async fingerprint(context: FingerprintContext): Promise<Digest> {
    const { hasher } = context;
    const hashed = await hashFiles(
      this.#files.map(({ path }) => path),
      context,
      this.#system,
    );
    const decode = await fingerprintFunction(this.#decode, hasher, digestOfData(context));
    this.#hashed = { hasher, files: hashed, decode };
    const contents = hashed.map(({ digest }, at) => [this.#files[at]!.name, digest]);
    return fingerprintOfData(hasher, 'files', contents, decode);
  }

  /** Of all contents together: one that changed is not named. */
  async outline(context: FingerprintContext): Promise<Outline> {
    const { hasher } = context;
    if (this.#hashed?.hasher !== hasher) await this.fingerprint(context);
    const { files: hashed, decode } = this.#hashed!;
    const names = hasher.digest(encode(this.#files.map(({ name }) => name)));
    return {
      files: `${this.length}, names ${shortDigest(names)}`,
      content: hasher.digest(encode(hashed.map(({ digest }) => digest))),
      decode: outlineOfFunction(this.#decode, decode),
    };
  }

  async get(indices: Uint32Array, { signal }: BatchContext): Promise<Batch> {
    const samples = await Promise.all(
      Array.from(indices, (index) => this.#system.limit.run(() => this.#sample(index, signal))),
    );
    return stackSamples(samples, indices);
  }

  async #sample(index: number, signal: AbortSignal): Promise<Sample> {
    signal.throwIfAborted();
    const file = this.#files[index];
    if (file === undefined) {
      throw new DataError('DATA_ERROR', `There is no sample ${index}: there are ${this.length} files.`, {
        indices: [index],
      });
    }
    const { identity, bytes } = await this.#system.reader.read(file.path);
    const known = this.#hashed?.files[index];
    if (
      known !== undefined &&
      !sameFile(identity, known.identity) &&
      this.#hashed!.hasher.digest(bytes) !== known.digest
    ) {
      throw new DataError(
        'DATA_ERROR',
        `The file ${file.path} has changed since this process hashed it: a result would be filed under data that it did not come from. Run again.`,
        { indices: [index] },
      );
    }
    try {
      return await this.#decode.call(bytes, file.name);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DataError('DATA_ERROR', `The file ${file.path} (sample ${index}) can't be decoded: ${reason}`, {
        indices: [index],
        cause,
      });
    }
  }
}
