import type { Logger, LoggerRun } from '@reprise/core';
import { userFiles } from '../host/user-files.js';
import { grow } from './grow.js';
import { type Row, rowsOf } from './rows.js';

/** What makes a file say certain rows: so many of its bytes stay, and others come behind them. */
export interface Change {
  readonly keep: number;
  readonly add: Uint8Array;
}

/** What a file of figures is made of. */
export interface FileFormat {
  /** What errors call the logger. */
  readonly name: string;
  /** The path of a run's file. */
  path(run: LoggerRun): string;
  /** A whole file. */
  whole(rows: readonly Row[]): Promise<Uint8Array>;
  /** What goes behind the others. @param keys all that the file has by now */
  more(rows: readonly Row[], keys: readonly string[]): Promise<Uint8Array>;
  /** Whether rows can go behind others that have not all of these keys. */
  readonly takesNewKeys: boolean;
  /** How a file that is there comes to say these rows; null where it is to be written anew. */
  change(there: Uint8Array, rows: readonly Row[]): Promise<Change | null>;
}

interface Open {
  size: number;
  readonly keys: ReadonlySet<string>;
}

/** A logger that has a file for each train. A file that says what it has to is left as it is; one that was cut short, or is ahead, is mended in place. */
export function fileLogger(format: FileFormat): Logger {
  const files = new Map<string, Open>();
  return {
    name: format.name,
    async begin(run, points) {
      const path = format.path(run);
      const rows = rowsOf(points);
      const keys = new Set(rows.flatMap(({ values }) => [...values.keys()]));
      const there = await userFiles.read(path);
      const change = there && (await format.change(there, rows));
      if (there === null || change === null || !(await changed(path, there.byteLength, change))) {
        const bytes = await format.whole(rows);
        await userFiles.write(path, bytes);
        files.set(path, { size: bytes.byteLength, keys });
      } else {
        files.set(path, { size: change.keep + change.add.byteLength, keys });
      }
    },
    async log(run, points) {
      const path = format.path(run);
      const file = files.get(path);
      const rows = rowsOf(points);
      const fits =
        format.takesNewKeys || rows.every(({ values }) => [...values.keys()].every((key) => file?.keys.has(key)));
      if (file === undefined || !fits) return 'again';
      const add = await format.more(rows, [...file.keys]);
      // Somebody was at it: it is made whole.
      if (!(await grow(path, file.size, { keep: file.size, add }))) return 'again';
      file.size += add.byteLength;
      return undefined;
    },
  };
}

async function changed(path: string, size: number, change: Change): Promise<boolean> {
  return (change.keep === size && change.add.byteLength === 0) || grow(path, size, change);
}

/** The change from bytes to those that they should be, where one of the two begins with the other. */
export function changeTo(there: Uint8Array, whole: Uint8Array): Change | null {
  const keep = Math.min(there.byteLength, whole.byteLength);
  if (Buffer.compare(there.subarray(0, keep), whole.subarray(0, keep)) !== 0) return null;
  return { keep, add: whole.subarray(keep) };
}
