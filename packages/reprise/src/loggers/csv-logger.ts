import { type Logger, string } from '@reprise/core';
import { changeTo, fileLogger } from './file-logger.js';
import { folderOf, trainOf } from './paths.js';
import type { Row } from './rows.js';

/**
 * Writes each train's figures to `<folder>/<model>/<checkpoint>/train-<n>.csv`: columns `step`, `epoch` (from 0; −1 before the first), and one for each figure. The
 * figures of an epoch are one row, those that are logged in one step another. A new figure makes a new column, for which the file is written anew.
 * @throws OptionError
 */
export function csvLogger(folder: string): Logger {
  string('csvLogger()', 'the folder', folder);
  const whole = async (rows: readonly Row[]): Promise<Uint8Array> => {
    const { writeCsv } = await import('@reprise/formats');
    const keys = new Set(rows.flatMap(({ values }) => [...values.keys()]));
    return writeCsv(rows.map(cells), columns(keys));
  };
  return fileLogger({
    name: 'csvLogger',
    path: (run) => `${folderOf(folder, run)}/train-${trainOf(run)}.csv`,
    whole,
    more: async (rows, keys) => {
      const { csvRecord } = await import('@reprise/formats');
      const all = columns(keys);
      return Buffer.concat(rows.map((row) => csvRecord(cells(row), all)));
    },
    takesNewKeys: false,
    change: async (there, rows) => changeTo(there, await whole(rows)),
  });
}

function columns(keys: Iterable<string>): readonly string[] {
  return ['step', 'epoch', ...keys];
}

function cells({ step, epoch, values }: Row): { readonly [column: string]: number | null } {
  return { step, epoch, ...Object.fromEntries(values) };
}
