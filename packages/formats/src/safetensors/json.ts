import { isWellFormed, quoted } from '../text.js';

/** What may stand in what: a header is an object of objects, whose fields may be lists. */
const nesting = ['{', '{', '['] as const;

/**
 * Parses the JSON of a header, as strictly as it has to be: no key twice in an object, since the readers of a file must not disagree on which
 * one counts; whole numbers written as such; no lone surrogates; nothing nested that a header doesn't nest.
 * @throws Error that says what is wrong
 */
export function parseHeaderJson(text: string): unknown {
  // First: what is nested for its own sake costs a parser gigabytes.
  checkTokens(text);
  return JSON.parse(text);
}

/** Goes through what may be JSON; where it is none, the parser says so. */
function checkTokens(text: string): void {
  /** The keys so far of each object that is open; null for a list. */
  const open: (Set<string> | null)[] = [];
  let before = '';
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] as string;
    if (sign === '"') {
      const end = endOfString(text, at);
      const keys = before === ':' ? null : open.at(-1);
      checkString(text.slice(at, end), keys);
      at = end - 1;
    } else if (sign === '{' || sign === '[') {
      if (sign !== nesting[open.length]) {
        throw new TypeError(`its header has ${sign === '{' ? 'an object' : 'a list'} where none belongs`);
      }
      open.push(sign === '{' ? new Set() : null);
    } else if (sign === '}' || sign === ']') open.pop();
    else if (/[-\d]/.test(sign)) {
      const end = endOfNumber(text, at);
      const digits = text.slice(at, end);
      if (!/^\d+$/.test(digits)) throw new RangeError(`its header has the number ${digits.slice(0, 30)}`);
      at = end - 1;
    }
    if (sign.trim() !== '') before = sign;
  }
}

function checkString(token: string, keys: Set<string> | null | undefined): void {
  if (!keys && !token.includes('\\u')) return;
  const value = JSON.parse(token) as string;
  if (!isWellFormed(value)) throw new TypeError(`its header has half a character in ${quoted(value)}`);
  if (keys?.has(value)) throw new TypeError(`its header has the key ${quoted(value)} twice`);
  keys?.add(value);
}

/** The place behind a string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && /[-+.\deE]/.test(text[at] as string)) at++;
  return at;
}
