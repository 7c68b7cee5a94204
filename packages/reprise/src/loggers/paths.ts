import { createHash } from 'node:crypto';
import type { LoggerRun } from '@reprise/core';

/** Where trains that are not recorded go. */
const unrecorded = 'unrecorded';
/** Bytes of a name; file systems have 255, and there is more to come behind it. */
const longest = 160;

/** The folder of a train's files, below another one: names of models and checkpoints can't lead out of it, and those that differ don't meet. */
export function folderOf(folder: string, { model, checkpoint }: LoggerRun): string {
  const own = fileNameOf(checkpoint);
  const below = checkpoint === '' ? unrecorded : own === unrecorded ? `%75${unrecorded.slice(1)}` : own;
  return [folder.replace(/(?<=.)\/+$/, ''), fileNameOf(model), below].join('/');
}

/** What tells the trains of a folder apart: `1`, or `1.warm-up` for one with a key. @param digits of the number, at least */
export function trainOf({ train, key }: LoggerRun, digits: number = 1): string {
  const number = String(train).padStart(digits, '0');
  return key === undefined ? number : `${number}.${fileNameOf(key)}`;
}

/** A name as that of a file. What file systems or shells of today take for something else is written as in addresses: `%2F`. */
function fileNameOf(name: string): string {
  const safe = name.replaceAll(/[\p{Cc}\p{Cf}/\\:*?"<>|%]|^ | $|^\.+$/gu, encoded);
  if (Buffer.byteLength(safe) <= longest) return safe;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  let [short, bytes] = ['', 0];
  for (const sign of safe) {
    bytes += Buffer.byteLength(sign);
    if (bytes > longest - digest.length - 1) break;
    short += sign;
  }
  return `${short}%${digest}`;
}

function encoded(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
