import { type Logger, string } from '@reprise/core';
import { changeTo, fileLogger } from './file-logger.js';
import { folderOf, trainOf } from './paths.js';
import type { Row } from './rows.js';

/**
 * Writes each train's figures to `<folder>/<model>/<checkpoint>/train-<n>.jsonl`: a JSON object a line, with `step`, `epoch` (from 0; −1 before the first) and the figures by
 * name. NaN and the infinities are the texts `"NaN"`, `"Infinity"` and `"-Infinity"`.
 * @throws OptionError
 */
export function jsonlLogger(folder: string): Logger {
  string('jsonlLogger()', 'the folder', folder);
  const whole = async (rows: readonly Row[]): Promise<Uint8Array> => {
    const { writeJsonLines } = await import('@reprise/formats');
    return writeJsonLines(rows.map(({ step, epoch, values }) => ({ step, epoch, ...Object.fromEntries(values) })));
  };
  return fileLogger({
    name: 'jsonlLogger',
    path: (run) => `${folderOf(folder, run)}/train-${trainOf(run)}.jsonl`,
    whole,
    more: whole,
    takesNewKeys: true,
    change: async (there, rows) => changeTo(there, await whole(rows)),
  });
}
