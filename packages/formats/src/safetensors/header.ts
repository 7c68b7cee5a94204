import { byteSize } from '@reprise/core';
import type { DType } from '@reprise/core';
import { quoted } from '../text.js';
import { dtypeOfCode, type Half, isHalf } from './dtypes.js';
import { parseHeaderJson } from './json.js';

/** What a header says of a tensor. */
export interface Entry {
  readonly name: string;
  /** The type of the bytes in the file: of halves, `uint16`. */
  readonly dtype: DType;
  readonly half: Half | undefined;
  readonly shape: readonly number[];
  /** The first byte, counted from the end of the header, and the one behind the last. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes, which they cover without a gap. */
  readonly entries: readonly Entry[];
}

const metadataKey = '__metadata__';

/**
 * What a header says, of which nothing is trusted.
 * @param size of the data behind the header, in bytes
 * @throws Error that says what is wrong
 */
export function parseHeader(text: string, size: number): Header {
  const { [metadataKey]: metadata = null, ...tensors } = objectOf(parseHeaderJson(text), 'its header');
  const entries = Object.entries(tensors)
    .map(([name, info]) => entryOf(name, objectOf(info, `the entry of ${quoted(name)}`)))
    .sort((left, right) => left.begin - right.begin || left.end - right.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const how = begin < covered ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new RangeError(
        `the tensor ${quoted(name)} begins at ${begin} of the data and ${how}, which ends at ${covered}`,
      );
    }
    covered = end;
  }
  if (covered !== size) throw new RangeError(`its tensors take ${covered} bytes and its data has ${size}`);
  return { metadata: metadataOf(metadata), entries };
}

function metadataOf(value: unknown): Readonly<Record<string, string>> {
  if (value === null) return {};
  const metadata = objectOf(value, `the entry of ${quoted(metadataKey)}`);
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text !== 'string') throw new TypeError(`the metadata ${quoted(key)} are no text`);
  }
  return metadata as Readonly<Record<string, string>>;
}

function entryOf(name: string, info: Readonly<Record<string, unknown>>): Entry {
  const { dtype: code, shape, data_offsets: offsets } = info;
  if (typeof code !== 'string') throw new TypeError(`the tensor ${quoted(name)} has no dtype`);
  const half = isHalf(code) ? code : undefined;
  const dtype = half ? 'uint16' : dtypeOfCode(code);
  if (dtype === undefined) {
    throw new TypeError(`the tensor ${quoted(name)} is of the type ${quoted(code)}, which reprise has not`);
  }
  const problem = (what: string): RangeError => new RangeError(`the tensor ${quoted(name)} ${what}`);
  if (!isShape(shape)) throw problem('has no shape that can be counted');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw problem('does not say where it begins and ends');
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== byteSize(dtype, shape)) {
    const listed = shape.length > 8 ? `${shape.slice(0, 8).join(', ')}, …` : shape.join(', ');
    throw problem(`takes ${end - begin} bytes, from ${begin} to ${end}, and is ${code} of shape [${listed}]`);
  }
  return { name, dtype, half, shape, begin, end };
}

/** Whether a shape's elements, and their bytes in any type, can be counted without rounding. */
function isShape(value: unknown): value is readonly number[] {
  if (!Array.isArray(value)) return false;
  let elements = 1;
  for (const dim of value as readonly unknown[]) {
    if (!isCount(dim)) return false;
    elements *= dim;
    if (!Number.isSafeInteger(8 * elements)) return false;
  }
  return true;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${what} is no object`);
  return value as Readonly<Record<string, unknown>>;
}
