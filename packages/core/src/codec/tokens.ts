import { DecodeError } from './errors.js';
import { maxDepth } from './format.js';

/** Bytes of the content after a token of fixed size: null, booleans, whole numbers, float 64. */
const fixed = table({ 0xc0: 0, 0xc2: 0, 0xc3: 0, 0xcb: 8, 0xcc: 1, 0xcd: 2, 0xce: 4, 0xd0: 1, 0xd1: 2, 0xd2: 4 });
/** Bytes of the length after a token: of bin and str. */
const sized = table({ 0xc4: 1, 0xc5: 2, 0xc6: 4, 0xd9: 1, 0xda: 2, 0xdb: 4 });
/** Bytes of the count after a token: of array and map. */
const counted = table({ 0xdc: 2, 0xdd: 4, 0xde: 2, 0xdf: 4 });

/** A Map takes two levels, its tag and its entries; what is in the innermost may be tagged too. */
const maxLevels = 2 * maxDepth + 1;

/**
 * Walks over bytes from anywhere before a library reads them: one whole MessagePack value, of the tokens that `encode` writes.
 * Extensions are refused, so that no reader of one is ever called; lengths, counts and nesting are no more than the bytes hold.
 * @throws DecodeError
 */
export function checkTokens(bytes: Uint8Array): void {
  const end = bytes.length;
  /** Values still to come in the innermost container, and in those around it. */
  let due = 1;
  const outer: number[] = [];
  let at = 0;
  const refuse = (problem: string): never => {
    throw new DecodeError(problem, Math.min(at, end));
  };
  const uint = (width: number): number => {
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + (bytes[at++] ?? refuse('it ends too soon'));
    return value;
  };
  while (due > 0) {
    due--;
    const token = bytes[at++] ?? refuse('it ends too soon');
    let length = 0;
    let count = 0;
    if (token < 0x90 && token >= 0x80) count = 2 * (token & 0x0f);
    else if (token >= 0x90 && token < 0xa0) count = token & 0x0f;
    else if (token >= 0xa0 && token < 0xc0) length = token & 0x1f;
    else if (fixed[token] !== undefined) length = fixed[token];
    else if (sized[token] !== undefined) length = uint(sized[token]);
    else if (counted[token] !== undefined) count = uint(counted[token]) * (token >= 0xde ? 2 : 1);
    else if (token >= 0x80 && token < 0xe0) refuse(`no value begins with 0x${token.toString(16)}`);
    at += length;
    if (count > end - at) refuse('it ends too soon');
    if (count > 0) {
      if (outer.push(due) > maxLevels) refuse(`it is nested more than ${maxDepth} deep`);
      due = count;
    }
    while (due === 0 && outer.length > 0) due = outer.pop()!;
  }
  if (at < end) refuse('more follows after the end');
}

function table(entries: { readonly [token: number]: number }): readonly (number | undefined)[] {
  return Array.from({ length: 256 }, (_, token) => entries[token]);
}
