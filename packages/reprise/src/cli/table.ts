import type { Style } from './paint.js';
import { cut, visible, widthOf } from './text.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A text, and how to paint it once its width is known; `narrow` takes its place where lines would be too wide. */
export type Cell = string | { readonly text: string; readonly narrow?: string; readonly paint: Style };

export interface TableOptions {
  /** How wide lines may be; null where nobody says. */
  readonly width: number | null;
  /** Paints the head. */
  readonly head: Style;
  readonly indent?: string;
}

/** Lines of a table with a head. A column without content is left out. The last one is cut where lines would be wider than may be. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, head, indent = '' }: TableOptions,
): readonly string[] {
  const wide = layoutOf(columns, rows, textOf);
  const fits = width === null || indent.length + wide.width <= width;
  const { kept, texts, widths } = fits ? wide : layoutOf(columns, rows, narrowOf);
  const before = indent.length + widths.slice(0, -1).reduce((total, each) => total + each + 2, 0);
  const line = (cells: readonly string[], styleAt: (i: number) => Style): string => {
    const parts = cells.map((cell, i) => {
      const last = i === cells.length - 1;
      const text = last && width !== null ? cut(cell, Math.max(8, width - before)) : cell;
      const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(text)));
      const painted = text === '' ? '' : styleAt(i)(text);
      if (columns[kept[i] ?? -1]?.align === 'right') return space + painted;
      return last ? painted : painted + space;
    });
    return indent + parts.join('  ').trimEnd();
  };
  const titles = kept.map((at) => columns[at]?.title ?? '');
  const styles = (row: readonly Cell[]) => (i: number) => styleOf(row[kept[i] ?? -1]);
  return [line(titles, () => head), ...rows.map((row, i) => line(texts[i] ?? [], styles(row)))];
}

/** Which columns have something in them, the texts of the rows there, and how wide all that is. */
interface Layout {
  readonly kept: readonly number[];
  readonly texts: readonly (readonly string[])[];
  readonly widths: readonly number[];
  readonly width: number;
}

function layoutOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  text: (cell: Cell | undefined) => string,
): Layout {
  const kept = [...columns.keys()].filter((at) => rows.some((row) => text(row[at]) !== ''));
  const texts = rows.map((row) => kept.map((at) => text(row[at])));
  const widths = kept.map((at, i) =>
    texts.reduce((widest, row) => Math.max(widest, widthOf(row[i] ?? '')), widthOf(columns[at]?.title ?? '')),
  );
  return { kept, texts, widths, width: widths.reduce((total, each) => total + each + 2, -2) };
}

/** Names and values below one another: `cost   12 s`. */
export function pairs(
  entries: readonly (readonly [name: string, value: string])[],
  { name, indent = '' }: { readonly name: Style; readonly indent?: string },
): readonly string[] {
  const widest = entries.reduce((most, [each]) => Math.max(most, widthOf(visible(each))), 0);
  return entries.flatMap(([each, value]) => {
    const shown = visible(each);
    const [first = '', ...rest] = value.split('\n');
    const space = ' '.repeat(widest - widthOf(shown) + 2);
    const under = ' '.repeat(widest + 2);
    return [`${indent}${name(shown)}${space}${first}`.trimEnd(), ...rest.map((line) => indent + under + line)];
  });
}

function textOf(cell: Cell | undefined): string {
  return visible(typeof cell === 'object' ? cell.text : (cell ?? ''));
}

function narrowOf(cell: Cell | undefined): string {
  return typeof cell === 'object' && cell.narrow !== undefined ? visible(cell.narrow) : textOf(cell);
}

function styleOf(cell: Cell | undefined): Style {
  return typeof cell === 'object' ? cell.paint : (text) => text;
}
