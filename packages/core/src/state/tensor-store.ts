import { RepriseError } from '../errors/base.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { Digest } from '../values/digest.js';
import { byteSize, bytesOf, type DType, type Tensor, tensorFromBytes } from '../values/tensor.js';

/** Smaller tensors ride inside the manifest. */
export const inlineBelow: number = 16 * 1024;
/** Larger tensors are stored in parts of this size, so that a part that did not change costs nothing. */
export const partSize: number = 16 * 1024 * 1024;

/** A tensor as a manifest names it: its bytes, or the digests of its parts in order. */
export type StoredTensor = { readonly dtype: DType; readonly shape: readonly number[] } & (
  | { readonly bytes: Uint8Array }
  | { readonly parts: readonly Digest[] }
);

/**
 * Stores a tensor and returns how a manifest names it, once its bytes are durable.
 * @param known the digests of its parts, where they were made already
 * @throws StoreError as `BlobStore.put`
 */
export async function storeTensor(
  tensor: Tensor,
  blobs: Pick<BlobStore, 'put'>,
  known?: readonly Digest[],
): Promise<StoredTensor> {
  const { dtype, shape } = tensor;
  const bytes = bytesOf(tensor.data);
  if (bytes.byteLength < inlineBelow) return { dtype, shape, bytes: new Uint8Array(bytes) };
  return { dtype, shape, parts: await Promise.all(partsOf(bytes).map((part, i) => blobs.put(part, known?.[i]))) };
}

/** How a manifest names a tensor, by its content alone: nothing is stored. */
export function nameTensor(tensor: Tensor, digest: (bytes: Uint8Array) => Digest): StoredTensor {
  const { dtype, shape } = tensor;
  const bytes = bytesOf(tensor.data);
  if (bytes.byteLength < inlineBelow) return { dtype, shape, bytes: new Uint8Array(bytes) };
  return { dtype, shape, parts: partsOf(bytes).map(digest) };
}

/**
 * Reads a tensor back, verified.
 * @throws StoreError `BLOB_MISSING`, `BLOB_CORRUPT`
 */
export async function loadTensor(stored: StoredTensor, blobs: BlobStore): Promise<Tensor> {
  const { dtype, shape } = stored;
  const size = byteSize(dtype, shape);
  const memory = 'bytes' in stored ? new Uint8Array(stored.bytes).buffer : await blobs.getJoined(stored.parts);
  if (memory.byteLength !== size) {
    throw new RepriseError(
      'STORE_CORRUPT',
      `A manifest says ${dtype} [${shape.join(', ')}], which is ${size} bytes, and names ${memory.byteLength} bytes. ` +
        'The store was written by something else, or a bug: please report it.',
    );
  }
  return tensorFromBytes(dtype, shape, new Uint8Array(memory));
}

/** The large parts of a tensor with their digests, as they would be stored. */
export function largeParts(
  tensor: Tensor,
  digest: (bytes: Uint8Array) => Digest,
  known?: readonly Digest[],
): readonly { readonly digest: Digest; readonly size: number }[] {
  const bytes = bytesOf(tensor.data);
  if (bytes.byteLength < inlineBelow) return [];
  return partsOf(bytes).map((part, i) => ({ digest: known?.[i] ?? digest(part), size: part.byteLength }));
}

/** The blobs that a stored tensor names. */
export function blobsOf(stored: StoredTensor): readonly Digest[] {
  return 'bytes' in stored ? [] : stored.parts;
}

function partsOf(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.byteLength / partSize);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * partSize, (i + 1) * partSize));
}
