import type { Digest } from '../values/digest.js';
import type { Outline } from '../values/outline.js';
import type { Tensors } from '../values/tensor.js';
import type { FileDigests } from './file-digests.js';
import type { Hasher } from './hasher.js';

/** Named tensors whose first dimension is the sample: `input` and `target`, unless the net names others. */
export type Batch = Tensors;

export interface FingerprintContext {
  readonly hasher: Hasher;
  readonly files: FileDigests;
}

export interface BatchContext {
  /**
   * Random numbers for the sample at this position of `indices`, such as for augmentation: uniform in [0, 1), a function of
   * (seed, epoch, index of the sample in the data that are iterated, depth), so they never depend on what ran before.
   * @param depth how many sources that draw numbers themselves are around the one that draws: 0 unless given. Such a source gives the
   * one within it an `rng` that asks for one more, so that the two don't draw the same numbers.
   */
  readonly rng: (position: number, depth?: number) => () => number;
  readonly signal: AbortSignal;
  /**
   * A batch that `get` gave earlier and that nobody reads any more. A source may write the new batch into its memory, where that memory
   * is the source's own; a source that passes batches on passes this on, one that makes new ones leaves it out.
   */
  readonly recycled?: Batch;
}

/** Where samples come from. `get` may be called for several batches at once, and in any order. */
export interface DataSource {
  readonly length: number;
  /** A digest of everything that decides what `get` returns. Asked once a process. */
  fingerprint(context: FingerprintContext): Digest | Promise<Digest>;
  /** The samples at these indices, in this order. */
  get(indices: Uint32Array, context: BatchContext): Batch | Promise<Batch>;
  /** Whether what is held in memory is still what the fingerprint was made of. Left out where nothing is. Costs a hash of it. */
  unchanged?(): boolean;
  /**
   * What these data are made of, so that people can be told what changed where the fingerprint did: small values, one for each thing
   * that can change by itself. Asked once `fingerprint` was, and only when something is recorded or explained, never for a replay: what
   * it costs is paid then. Left out where there is nothing to say.
   */
  outline?(context: FingerprintContext): Outline | Promise<Outline>;
}

/** Samples that come in one order, of which there can be too many to count: no shuffling, no random access. */
export interface SampleStream {
  /** The number of samples of an epoch, where it is known. */
  readonly length?: number;
  /** Whether `open` can begin behind samples that an earlier process has seen. Else training that stopped within an epoch begins it again. */
  readonly seeks?: boolean;
  /**
   * Batches from the beginning; each epoch opens it anew.
   * @param context.skip samples to leave out, a whole number of batches: only where it seeks
   */
  open(
    batchSize: number,
    context: { readonly epoch: number; readonly signal: AbortSignal; readonly skip?: number },
  ): AsyncIterable<Batch>;
  fingerprint(context: FingerprintContext): Digest | Promise<Digest>;
  /** As that of a `DataSource`. */
  outline?(context: FingerprintContext): Outline | Promise<Outline>;
}
