import { decode, encode } from '../codec/index.js';
import type { Plain } from '../values/plain.js';

const mark = 'base64:';

/** Data as a text from which it comes back whole: as JSON where that loses nothing, else as the codec's bytes in base64. */
export function textOfData(value: Plain): string {
  const bytes = encode(value);
  // Decoded, keys have one order, so that equal data give equal texts.
  const json = JSON.stringify(decode(bytes), (_, each: unknown) => (typeof each === 'bigint' ? null : each)) as
    | string
    | undefined;
  const whole = json !== undefined && Buffer.compare(encode(JSON.parse(json) as Plain), bytes) === 0;
  return whole ? json : mark + Buffer.from(bytes).toString('base64');
}

/** @throws what parsing throws, where it is no such text */
export function dataOfText(text: string): Plain {
  if (!text.startsWith(mark)) return JSON.parse(text) as Plain;
  return decode(new Uint8Array(Buffer.from(text.slice(mark.length), 'base64')));
}
