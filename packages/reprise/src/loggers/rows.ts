import type { LoggedPoint } from '@reprise/core';

/** Figures of one moment: all of them that a file has in one row. */
export interface Row {
  readonly step: number | null;
  readonly epoch: number;
  readonly per: LoggedPoint['per'];
  readonly values: ReadonlyMap<string, number>;
}

/** The rows that points make, which are in order. A quantity that is logged twice in one step has a row for each. */
export function rowsOf(points: readonly LoggedPoint[]): readonly Row[] {
  const rows: (Row & { readonly values: Map<string, number> })[] = [];
  for (const { key, value, step, epoch, per } of points) {
    const last = rows.at(-1);
    const joins = last?.step === step && last.epoch === epoch && last.per === per && !last.values.has(key);
    if (joins) last.values.set(key, value);
    else rows.push({ step, epoch, per, values: new Map([[key, value]]) });
  }
  return rows;
}
