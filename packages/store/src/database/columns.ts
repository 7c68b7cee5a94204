import { StoreError } from '@reprise/core';

/** What a column was given: a kind of value, or one of some words. */
export type Column = 'text' | 'whole' | 'number' | 'bytes' | 'whole or null' | readonly string[];

/**
 * SQLite reads a row without a look at the types of its table: a flipped bit can make a number of a text, or nothing of it.
 * @throws StoreError `STORE_CORRUPT` where a column holds another kind of value than it was given
 */
export function checkRow<Row extends object>(row: Row, columns: Readonly<Partial<Record<keyof Row, Column>>>): Row {
  for (const name in columns) {
    const column = columns[name];
    if (column !== undefined && !holds(row[name], column)) throw damagedRow(name, said(column), row[name]);
  }
  return row;
}

function holds(value: unknown, column: Column): boolean {
  switch (column) {
    case 'text':
      return typeof value === 'string';
    case 'whole':
      return Number.isSafeInteger(value);
    case 'whole or null':
      return value === null || Number.isSafeInteger(value);
    case 'number':
      return Number.isFinite(value);
    case 'bytes':
      return value instanceof Uint8Array;
    default:
      return typeof value === 'string' && column.includes(value);
  }
}

function said(column: Column): string {
  return typeof column === 'string' ? column : `one of ${column.join(', ')}`;
}

/** What is thrown where a column holds something else than it was given. */
export function damagedRow(name: string, expected: string, value: unknown): StoreError {
  const found = value instanceof Uint8Array ? `${value.byteLength} bytes` : JSON.stringify(value ?? null).slice(0, 80);
  return new StoreError(
    'STORE_CORRUPT',
    `A row of the store's log is damaged: its ${name} should be ${expected}, and is ${found}. It was not used. ` +
      'npx reprise verify --full says what else may be; npx reprise repair --rebuild makes the log anew from the blobs.',
    { subject: name, expected, found },
  );
}
