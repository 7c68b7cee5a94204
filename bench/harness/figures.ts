/** One thing that was measured, and the bar that it is held to. */
export interface Figure {
  readonly name: string;
  readonly value: number | null;
  /** Null where the value is only reported. */
  readonly bar: number | null;
  /** Whether the value may be at most, or must be at least, the bar. */
  readonly holds: boolean | null;
  readonly sign: '≤' | '≥' | '';
  /** What people read beside the value: how it was measured, what it consists of. */
  readonly note: string;
}

/** A figure that is only reported. */
export function reported(name: string, value: number | null, note: string = ''): Figure {
  return { name, value, bar: null, holds: null, sign: '', note };
}

export function atMost(bar: number, name: string, value: number, note: string = ''): Figure {
  return { name, value, bar, holds: value <= bar, sign: '≤', note };
}

export function atLeast(bar: number, name: string, value: number, note: string = ''): Figure {
  return { name, value, bar, holds: value >= bar, sign: '≥', note };
}

/** A figure that could not be measured: its bar doesn't hold. */
export function missing(name: string, bar: number, why: string): Figure {
  return { name, value: null, bar, holds: false, sign: '', note: why };
}

/** The figures for people, and, as the last line, as JSON. */
export function show(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, bar, sign, holds, note }) => [
    name,
    number(value),
    bar === null ? '' : `${sign} ${number(bar)}`.trim(),
    holds === null ? '' : holds ? 'holds' : 'MISSED',
    note,
  ]);
  const plain = figures.map(({ name, value, bar, holds }) => ({ name, value: rounded(value), bar, holds }));
  return `${table(['figure', 'value', 'bar', '', ''], rows)}\n${JSON.stringify({ figures: plain })}`;
}

/** Columns as wide as they need to be. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Four digits that count. */
export function number(value: number | null): string {
  if (value === null) return '–';
  const rounding = rounded(value) ?? 0;
  return Math.abs(rounding) >= 1000 ? rounding.toLocaleString('en-US') : String(rounding);
}

function rounded(value: number | null): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}
