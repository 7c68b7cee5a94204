import { refuse } from '@reprise/core';
import { concatBytes } from '../bytes.js';
import { isWellFormed, quoted } from '../text.js';
import { cell, type CsvRow, textOf } from './cell.js';
import { readCells } from './read-csv.js';

/**
 * The first record of a CSV file (RFC 4180, UTF-8): the names of its columns.
 * @throws OptionError `INVALID_OPTION` where there is none, or one comes twice
 */
export function csvHeader(columns: readonly string[]): Uint8Array {
  checkColumns('csvHeader()', columns);
  return record(columns);
}

/**
 * A record of a CSV file, to be written behind the others: the row's values in the order of the columns, nothing for those that it lacks.
 * Numbers are written so that they read back as they were: NaN and the infinities as `NaN`, `Infinity` and `-Infinity`.
 * @throws OptionError `INVALID_OPTION` where the row has a column that the file has not: `growCsv` adds it
 */
export function csvRecord(row: CsvRow, columns: readonly string[]): Uint8Array {
  const where = 'csvRecord()';
  const unknown = Object.keys(row).find((key) => !columns.includes(key));
  if (unknown !== undefined) refuse(where, 'a key of row', `one of the columns ${columns.join(', ')}`, unknown);
  return record(columns.map((column) => checkedText(where, column, row)));
}

/**
 * A whole CSV file. Every record ends with CRLF, the last one too.
 * @param columns those of the file; left out, they are the rows' own, in the order in which they first come
 * @throws OptionError `INVALID_OPTION`
 */
export function writeCsv(rows: Iterable<CsvRow>, columns?: readonly string[]): Uint8Array {
  const list = [...rows];
  const all = columns ?? [...new Set(list.flatMap((row) => Object.keys(row)))];
  checkColumns('writeCsv()', all);
  return concatBytes([record(all), ...list.map((row) => csvRecord(row, all))]);
}

/**
 * A CSV file with further columns, which are empty in the rows that it has. Other cells keep their text; a last record that was cut short goes.
 * Costs reading and writing all of it.
 * @param columns all of the new file, in their order; the file's own among them
 * @throws FormatError `FILE_FORMAT` where the bytes are no CSV file; OptionError `INVALID_OPTION`
 */
export function growCsv(bytes: Uint8Array, columns: readonly string[]): Uint8Array {
  const where = 'growCsv()';
  checkColumns(where, columns);
  const { records } = readCells(where, bytes);
  const before = records[0] ?? [];
  const lost = before.find((column) => !columns.includes(column));
  if (lost !== undefined) refuse(where, 'columns', `all columns of the file, ${quoted(lost)} too`, columns);
  const places = columns.map((column) => before.indexOf(column));
  return concatBytes([
    record(columns),
    ...records.slice(1).map((cells) => record(places.map((place) => cells[place] ?? ''))),
  ]);
}

function record(texts: readonly string[]): Uint8Array {
  // An empty line is no record to some readers.
  const line = texts.length === 1 && texts[0] === '' ? '""' : texts.map(cell).join(',');
  return new TextEncoder().encode(`${line}\r\n`);
}

function checkedText(where: string, column: string, row: CsvRow): string {
  const value: unknown = Object.hasOwn(row, column) ? row[column] : undefined;
  const kinds = ['number', 'string', 'undefined'];
  if (value !== null && !kinds.includes(typeof value)) refuse(where, `row.${column}`, 'a number or a text', value);
  const text = textOf(value as string | number | null | undefined);
  if (!isWellFormed(text)) refuse(where, `row.${column}`, 'a text without lone surrogates', value);
  return text;
}

function checkColumns(where: string, columns: unknown): asserts columns is readonly string[] {
  if (!Array.isArray(columns) || columns.length === 0) refuse(where, 'columns', 'a list of one name at least', columns);
  const names = new Set<string>();
  for (const name of columns as readonly unknown[]) {
    if (typeof name !== 'string' || name === '' || !isWellFormed(name)) {
      refuse(where, 'columns', 'names that are texts, none of them empty', name);
    }
    if (names.has(name)) refuse(where, 'columns', 'names that differ', name);
    names.add(name);
  }
}
