import { tensorFromBytes } from '@reprise/core';
import type { Tensor, Tensors } from '@reprise/core';
import { fileContent } from '../checks.js';
import { FormatError } from '../format-error.js';
import { decodeUtf8 } from '../text.js';
import type { Half } from './dtypes.js';
import { widen } from './half.js';
import { type Entry, type Header, parseHeader } from './header.js';
import { lengthBytes, longestHeader } from './limits.js';

/** What a safetensors file holds. */
export interface Safetensors {
  /** In the order of their bytes in the file. */
  readonly tensors: Tensors;
  /** Texts that were written beside the tensors; empty where there are none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The tensors that are float32 here and had half the bytes in the file, with the type that they had there. */
  readonly widened: ReadonlyMap<string, Half>;
}

/**
 * Reads a safetensors file. Every type that reprise has is read as it is; `F16` and `BF16` become float32, exactly.
 *
 * The tensors are views on `bytes`, which must not be written to any more; copied are those of halves, and those that don't lie on a
 * multiple of their width (none, in files of `writeSafetensors` that begin on one of 8). Costs time for the header only, else.
 *
 * Nothing in the file is trusted: a header that contradicts itself, the data, or the specification is refused before anything is
 * allocated for it. So is what the reference reader leaves open: a key that comes twice, and numbers above 2^53.
 * @throws FormatError `FILE_FORMAT`
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  fileContent('readSafetensors()', bytes);
  const start = endOfHeader(bytes);
  const { metadata, entries } = headerOf(bytes, start);
  const tensors = new Map<string, Tensor>();
  const widened = new Map<string, Half>();
  for (const entry of entries) {
    tensors.set(entry.name, tensorOf(entry, bytes.subarray(start + entry.begin, start + entry.end)));
    if (entry.half) widened.set(entry.name, entry.half);
  }
  return { tensors, metadata, widened };
}

function endOfHeader(bytes: Uint8Array): number {
  const refused = (problem: string): FormatError => new FormatError('safetensors file', problem, { offset: 0 });
  if (bytes.byteLength < lengthBytes)
    throw refused(`it has ${bytes.byteLength} bytes, and needs ${lengthBytes} at least`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(longestHeader)) {
    throw refused(`its header would be ${length} bytes long, and ${longestHeader} is the limit`);
  }
  const end = lengthBytes + Number(length);
  if (end > bytes.byteLength) throw refused(`its header would end at byte ${end}, and it has ${bytes.byteLength}`);
  return end;
}

function headerOf(bytes: Uint8Array, end: number): Header {
  try {
    return parseHeader(decodeUtf8(bytes.subarray(lengthBytes, end)), bytes.byteLength - end);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError('safetensors file', why, { cause });
  }
}

function tensorOf({ dtype, half, shape }: Entry, bytes: Uint8Array): Tensor {
  const tensor = tensorFromBytes(dtype, shape, bytes);
  return half ? { dtype: 'float32', shape, data: widen(tensor.data as Uint16Array, half) } : tensor;
}
