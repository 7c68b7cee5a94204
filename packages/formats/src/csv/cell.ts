/** What a cell can hold: nothing, a number or a text. */
export type CsvValue = number | string | null | undefined;

/** A row: values by column. Columns that it lacks are empty in the file. */
export type CsvRow = Readonly<Record<string, CsvValue>>;

/** Decimal numbers as JSON has them, and the three that it has not. */
const numeral = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|-?Infinity)$/;

/** The text of a value. A number reads back as the same number, −0, NaN and the infinities included. */
export function textOf(value: CsvValue): string {
  if (value === null || value === undefined) return '';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** What a cell that is not empty holds: a number where it looks like one. */
export function valueOf(text: string): number | string {
  return numeral.test(text) ? Number(text) : text;
}

/** Quoted where RFC 4180 wants it. */
export function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
