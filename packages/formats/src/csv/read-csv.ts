import { parse } from 'csv-parse/sync';
import { fileContent } from '../checks.js';
import type { Appended } from '../appended.js';
import { FormatError } from '../format-error.js';
import { decodeUtf8, quoted } from '../text.js';
import { valueOf } from './cell.js';

/** What a CSV file holds. */
export interface CsvFile extends Appended {
  /** The names in its first record. */
  readonly columns: readonly string[];
  /** Values by column; columns that are empty in a row are absent from it. */
  readonly rows: readonly Readonly<Record<string, number | string>>[];
  /** Offset in bytes behind the first record; 0 where not even that is whole. */
  readonly begin: number;
}

/**
 * Reads a CSV file (RFC 4180, UTF-8; lines may end with LF alone) whose first record has the names of its columns. Cells that look like a
 * decimal number, `NaN`, `Infinity` or `-Infinity` are read as numbers, all others as texts. A last record without its line end is taken to
 * be cut short, since it may have ended within a number: it is reported, as `complete: false`.
 * @throws FormatError `FILE_FORMAT` where records differ in length, quotes are misplaced, or a column comes twice
 */
export function readCsv(bytes: Uint8Array): CsvFile {
  const { records, ends, end, complete } = readCells('readCsv()', bytes);
  const columns = records[0] ?? [];
  const rows = records.slice(1).map((cells) => {
    const values = cells.map((text, at) => [columns[at] as string, text] as const).filter(([, text]) => text !== '');
    return Object.fromEntries(values.map(([column, text]) => [column, valueOf(text)]));
  });
  return { columns, rows, begin: ends[0] ?? 0, ends: ends.slice(1), end, complete };
}

interface Cells extends Appended {
  /** The texts of each record, the header among them. */
  readonly records: readonly (readonly string[])[];
}

/** The cells of a CSV file, as they are written. @throws FormatError */
export function readCells(where: string, bytes: Uint8Array): Cells {
  fileContent(where, bytes);
  const ends = endsOfRecords(bytes);
  const end = ends.at(-1) ?? 0;
  const records = parsed(bytes.subarray(0, end));
  const columns = records[0] ?? [];
  const twice = columns.find((name, at) => columns.indexOf(name) !== at);
  if (twice !== undefined) throw new FormatError('CSV file', `it has the column ${quoted(twice)} twice`, { offset: 0 });
  // Both count line ends outside of quotes, and where quotes are misplaced nothing was returned.
  if (records.length !== ends.length) {
    throw new FormatError('CSV file', `it has ${ends.length} lines and ${records.length} records`);
  }
  return { records, ends, end, complete: end === bytes.byteLength };
}

function parsed(bytes: Uint8Array): readonly (readonly string[])[] {
  try {
    return parse(decodeUtf8(bytes), { bom: true, record_delimiter: ['\r\n', '\n'] });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError('CSV file', why, { cause });
  }
}

const quote = 0x22;
const lineFeed = 0x0a;

/** Where lines end that no quote is open in. In UTF-8 neither sign is ever a part of another one. */
function endsOfRecords(bytes: Uint8Array): readonly number[] {
  const ends: number[] = [];
  let open = false;
  for (let at = 0; at < bytes.byteLength; at++) {
    if (bytes[at] === quote) open = !open;
    else if (bytes[at] === lineFeed && !open) ends.push(at + 1);
  }
  return ends;
}
