import { refuse } from '@reprise/core';
import { isWellFormed } from './text.js';

/** The content of a file. @throws OptionError `INVALID_OPTION`, as does every check here */
export function fileContent(where: string, value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) refuse(where, 'bytes', 'the content of a file, as a Uint8Array', value);
}

/** A Map of what is said. */
export function map(where: string, option: string, what: string, value: unknown): void {
  if (!(value instanceof Map)) refuse(where, option, `a Map of ${what}`, value);
}

/** A text that UTF-8 has. */
export function wellFormed(where: string, option: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || !isWellFormed(value)) {
    refuse(where, option, 'a text without lone surrogates', value);
  }
}
