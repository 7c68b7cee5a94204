import type { OpEntry, OpLog } from '../ports/op-log.js';
import { readRecord } from './read-record.js';

/** What computing an op again would take, by the recorded times. */
export interface Recomputing {
  /** Milliseconds of the op itself; null where its record is damaged. */
  readonly own: number | null;
  /** How many live ops stand on it, and the milliseconds that they took: they are computed again where its state comes out otherwise. */
  readonly ops: number;
  readonly above: number;
}

export async function recomputing(log: OpLog, entry: OpEntry): Promise<Recomputing> {
  const above = await log.descendants(entry.id);
  const records = new Set(above.map(({ record }) => record));
  const costs = await Promise.all([...records].map(async (record) => (await readRecord(log, record))?.cost ?? 0));
  return {
    own: (await readRecord(log, entry.record))?.cost ?? null,
    ops: above.length,
    above: costs.reduce((sum, cost) => sum + cost, 0),
  };
}
