import { refuse } from '@reprise/core';
import { concatBytes } from '../bytes.js';
import type { JsonValue } from './json.js';

/** Values that are nested deeper hold themselves, more likely than not. */
const deepest = 256;

/**
 * A line of a file of JSON lines, to be written behind the others: the value as JSON in UTF-8, and LF. Numbers that JSON has not become the
 * texts `"NaN"`, `"Infinity"` and `"-Infinity"`, which `readJsonLines` takes for those numbers. A key whose value is undefined is left out.
 * @throws OptionError `INVALID_OPTION` where something in the value has no JSON, such as a Date or a function
 */
export function jsonLine(value: JsonValue): Uint8Array {
  return new TextEncoder().encode(`${jsonOf(value, 'value', 0)}\n`);
}

/** A whole file of JSON lines. @throws OptionError `INVALID_OPTION` as `jsonLine` */
export function writeJsonLines(values: Iterable<JsonValue>): Uint8Array {
  return concatBytes(Array.from(values, jsonLine));
}

function jsonOf(value: unknown, path: string, depth: number): string {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
    return `"${value}"`;
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (depth === deepest) refuse('jsonLine()', path, `nested at most ${deepest} deep`, value);
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, at) => jsonOf(item, `${path}[${at}]`, depth + 1)).join(',')}]`;
  }
  if (!isPlainObject(value)) refuse('jsonLine()', path, 'JSON: a number, text, boolean, null, list or object', value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${jsonOf(item, `${path}.${key}`, depth + 1)}`).join(',')}}`;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
