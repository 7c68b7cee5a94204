import type { OpEntry, OpLog, Settlement } from '../ports/op-log.js';
import { isDerived } from '../replay/final-op.js';
import { addressOf } from './address.js';
import { describeOp, type OpInfo } from './op-info.js';
import { type Recomputing, recomputing } from './recomputing.js';
import { refusal } from './refusal.js';

/** What was said of the next divergence at an op. */
export interface Settled {
  readonly op: OpInfo;
  /** Null where it was taken back. */
  readonly policy: Settlement['policy'] | null;
  /** What was said before. */
  readonly before: Settlement['policy'] | null;
  /** What a rerun would take. */
  readonly recomputing: Recomputing;
}

/**
 * Says, from outside the script, how it is to go on where it next differs from what is recorded at this op: `rerun` computes, `accept` takes the
 * record; once. Null takes that back. Nothing happens until the script runs, nor where it calls what is recorded.
 * @throws RepriseError where the op can't diverge, is not live, or has nothing to be taken back
 */
export async function settleOp(
  log: OpLog,
  entry: OpEntry,
  policy: Settlement['policy'] | null,
  now: () => number,
): Promise<Settled> {
  await requireDiverging(log, entry);
  const before = (await log.settlement(entry.id))?.policy ?? null;
  if (policy === null && before === null) {
    throw refusal(`Nothing was said of ${named(entry)}, so there is nothing to take back.`);
  }
  await log.settle(entry.id, policy, now());
  return { op: await describeOp(log, entry), policy, before, recomputing: await recomputing(log, entry) };
}

async function requireDiverging(log: OpLog, entry: OpEntry): Promise<void> {
  if (entry.kind !== 'train' && entry.kind !== 'cached') {
    const why = isDerived(entry.kind)
      ? 'it is worked out anew each time, and what changed in it shows at the next train that stands on it: settle that one'
      : 'it changes no state, so a call that is not recorded just runs';
    throw refusal(`${named(entry)} never diverges: ${why}.`);
  }
  if (entry.status === 'live') return;
  const there = await log.at(entry);
  const instead = there === undefined ? 'Nothing is recorded there now' : `It is ${named(there)} that is there now`;
  throw refusal(`${named(entry)} is superseded: the script is not compared with it. ${instead}.`);
}

function named(entry: OpEntry): string {
  return `#${entry.id} ${addressOf(entry)}`;
}
