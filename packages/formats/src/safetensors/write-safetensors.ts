import { Buffer } from 'node:buffer';
import { byteSize, bytesOf, dtypeOf, refuse } from '@reprise/core';
import type { Tensor, Tensors } from '@reprise/core';
import { concatBytes } from '../bytes.js';
import { map, wellFormed } from '../checks.js';
import { quoted } from '../text.js';
import { byAlignment, codeOfDtype } from './dtypes.js';
import { lengthBytes, longestHeader } from './limits.js';

const where = 'writeSafetensors()';

/**
 * A safetensors file that holds the tensors, and texts beside them. The same tensors and texts give the same bytes, in whatever order they
 * come: tensors lie by width, the widest first, then by name, as the reference writer has them, so that each lies on a multiple of its width.
 * Costs a copy of the tensors; `safetensorsParts` does without.
 * @param metadata texts by name; where it is empty the file has none
 * @throws OptionError `INVALID_OPTION` where a tensor's data don't fit its type and shape, or a name or text can't be written
 */
export function writeSafetensors(tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  return concatBytes(safetensorsParts(tensors, metadata));
}

/** The bytes of `writeSafetensors` in parts, to be written one after the other: the header, then the tensors' own memory. */
export function safetensorsParts(
  tensors: Tensors,
  metadata: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] {
  const entries: string[] = [];
  const texts = metadataText(metadata);
  if (texts !== '') entries.push(`"__metadata__":{${texts}}`);
  const data: Uint8Array[] = [];
  let begin = 0;
  for (const [name, tensor] of inOrder(tensors)) {
    const { dtype, shape } = tensor;
    const end = begin + byteSize(dtype, shape);
    const info = { dtype: codeOfDtype(dtype), shape, data_offsets: [begin, end] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    data.push(bytesOf(tensor.data));
    begin = end;
  }
  return [header(`{${entries.join(',')}}`), ...data];
}

/** The length and the header, which spaces lengthen so that the data begin on a multiple of eight. */
function header(json: string): Uint8Array {
  const text = Buffer.from(json);
  const length = Math.ceil(text.byteLength / lengthBytes) * lengthBytes;
  if (length > longestHeader) {
    refuse(where, 'metadata', `short enough for a header of ${longestHeader} bytes with all names`, length);
  }
  const bytes = new Uint8Array(lengthBytes + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, lengthBytes);
  return bytes;
}

function metadataText(metadata: Readonly<Record<string, string>>): string {
  if (typeof metadata !== 'object' || metadata === null) refuse(where, 'metadata', 'an object of texts', metadata);
  const texts = Object.entries(metadata);
  for (const [key, text] of texts) {
    wellFormed(where, 'a key of metadata', key);
    wellFormed(where, `metadata.${key}`, text);
  }
  return texts
    .sort(([left], [right]) => byUtf8(left, right))
    .map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`)
    .join(',');
}

function inOrder(tensors: Tensors): readonly (readonly [string, Tensor])[] {
  map(where, 'tensors', 'tensors by name', tensors);
  const entries = [...tensors];
  for (const [name, tensor] of entries) check(name, tensor);
  return entries.sort(([a, left], [b, right]) => byAlignment(left.dtype, right.dtype) || byUtf8(a, b));
}

function check(name: string, { dtype, shape, data }: Tensor): void {
  wellFormed(where, 'the name of a tensor', name);
  if (name === '__metadata__') refuse(where, 'the name of a tensor', 'another than that of the metadata', name);
  const option = `the tensor ${quoted(name)}`;
  if (codeOfDtype(dtype) === undefined) refuse(where, `the dtype of ${option}`, 'one that reprise has', dtype);
  const counts = shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
  const fits = dtypeOf(data) === (dtype === 'bool' ? 'uint8' : dtype) && data.byteLength === byteSize(dtype, shape);
  if (!counts || !fits) refuse(where, option, `${dtype} of shape [${shape.join(', ')}]`, data);
}

/** The order of texts by their bytes; that of JavaScript differs above U+FFFF. */
function byUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
