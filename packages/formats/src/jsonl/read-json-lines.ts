import { fileContent } from '../checks.js';
import type { Appended } from '../appended.js';
import { FormatError } from '../format-error.js';
import { decodeUtf8 } from '../text.js';
import { type JsonValue, nonFinite } from './json.js';

/** What a file of JSON lines holds. */
export interface JsonLines extends Appended {
  readonly values: readonly JsonValue[];
}

const lineFeed = 0x0a;

/**
 * Reads a file of JSON lines. The texts `"NaN"`, `"Infinity"` and `"-Infinity"` are read as the numbers. A last line without its line end is
 * taken to be cut short, since it may have ended within a number: it is reported, as `complete: false`.
 * @throws FormatError `FILE_FORMAT` where any other line is no JSON, or is empty; its `offset` is where the line begins
 */
export function readJsonLines(bytes: Uint8Array): JsonLines {
  fileContent('readJsonLines()', bytes);
  const values: JsonValue[] = [];
  const ends: number[] = [];
  let end = 0;
  for (;;) {
    const at = bytes.indexOf(lineFeed, end);
    if (at < 0) return { values, ends, end, complete: end === bytes.byteLength };
    values.push(valueOf(bytes.subarray(end, at), end, ends.length + 1));
    end = at + 1;
    ends.push(end);
  }
}

function valueOf(line: Uint8Array, offset: number, number: number): JsonValue {
  try {
    return JSON.parse(decodeUtf8(line), revived) as JsonValue;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError('file of JSON lines', `line ${number} is no JSON (${why})`, { cause, offset });
  }
}

function revived(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? (nonFinite.get(value) ?? value) : value;
}
