import type { Digest } from '../values/digest.js';
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
  /** The stream of random numbers for augmentation: a function of (seed, epoch, index of the sample), so it never depends on what ran before. */
  rng(sample: number): () => number;
  readonly signal: AbortSignal;
}

/** Where samples come from. `get` may be called for several batches at once, and in any order. */
export interface DataSource {
  readonly length: number;
  /** A digest of everything that decides what `get` returns. Asked once a process. */
  fingerprint(context: FingerprintContext): Digest | Promise<Digest>;
  /** The samples at these indices, in this order. */
  get(indices: Uint32Array, context: BatchContext): Batch | Promise<Batch>;
}

/** Samples that come in one order, of which there can be too many to count: no shuffling, no random access. */
export interface SampleStream {
  /** Batches from the beginning; each epoch opens it anew. */
  open(batchSize: number, context: { readonly epoch: number; readonly signal: AbortSignal }): AsyncIterable<Batch>;
  fingerprint(context: FingerprintContext): Digest | Promise<Digest>;
}
