import type { OpEntry, OpLog } from '../ports/op-log.js';
import { costOf } from './op-info.js';
import { readRecord } from './read-record.js';

/** What a listing says of any part of the log. */
export interface Counts {
  /** Live ops. */
  readonly ops: number;
  readonly superseded: number;
  /** Trains that were stopped on the way, and can be gone on with. */
  readonly unfinished: number;
  /** Live ops whose record is damaged. */
  readonly damaged: number;
  /** Milliseconds that the live ops took. */
  readonly cost: number;
  /** When a script last called one of its ops; when one was added, where no run is kept. */
  readonly lastUsed: Date;
}

/** Counts the entries of a model or a checkpoint. Costs a read of every live record. */
export async function countsOf(
  log: OpLog,
  entries: readonly OpEntry[],
): Promise<Pick<Counts, 'ops' | 'superseded' | 'damaged' | 'cost'>> {
  const live = entries.filter(({ status, kind }) => status === 'live' && kind !== 'open');
  const records = await Promise.all(live.map(({ record }) => readRecord(log, record)));
  return {
    ops: live.length,
    superseded: entries.filter(({ status, kind }) => status === 'superseded' && kind !== 'open').length,
    damaged: records.filter((record) => record === null).length,
    cost: costOf(live.map(({ record }, i) => ({ record, cost: records[i]?.cost ?? null }))),
  };
}

/** The last of these times, in milliseconds since 1970. */
export function latest(times: readonly (number | undefined)[]): Date {
  return new Date(times.reduce<number>((last, time) => Math.max(last, time ?? 0), 0));
}
