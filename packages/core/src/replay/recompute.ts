import { encode } from '../codec/index.js';
import type { Hasher } from '../ports/hasher.js';
import type { OpEntry, OpLog, OpRecord, Snapshot } from '../ports/op-log.js';
import type { Fingerprint, StateDigest } from '../values/digest.js';
import type { Call, Ran, Saved } from './call.js';

/** What computing a recorded op again came to. */
export interface Recomputed {
  readonly entry: OpEntry;
  readonly record: OpRecord;
  /** Whether it came to the state that was recorded. */
  readonly same: boolean;
  /** Milliseconds that it took now. */
  readonly took: number;
}

/**
 * Computes an op again whose state can't be read any more, from the nearest state before it that can. Where it comes to the same state, the record stands
 * and its bytes are whole again. Where it doesn't, as on a processor of another kind, it is a new op that supersedes the old one; the old record is
 * kept under a name of its own, for what names it.
 * @param recordOf the record of what was run now
 */
export async function recompute(
  log: OpLog,
  hasher: Hasher,
  call: Call,
  there: { readonly entry: OpEntry; readonly record: OpRecord },
  candidates: readonly Snapshot[],
  recordOf: (ran: Ran, saved: Saved) => Promise<OpRecord>,
): Promise<Recomputed> {
  const ran = await call.run(call.place, candidates, []);
  try {
    return await file(log, hasher, call, there, ran, recordOf);
  } catch (error) {
    await ran.refused?.();
    throw error;
  }
}

async function file(
  log: OpLog,
  hasher: Hasher,
  call: Call,
  { entry, record }: { readonly entry: OpEntry; readonly record: OpRecord },
  ran: Ran,
  recordOf: (ran: Ran, saved: Saved) => Promise<OpRecord>,
): Promise<Recomputed> {
  const saved = await ran.save();
  const took = ran.cost - (ran.from?.cost ?? 0);
  const states = [...saved.states, ...(saved.after === null ? [] : [saved.after])];
  const lease = call.lease();
  if (saved.after?.digest === record.stateAfter) {
    await log.commit({ states, snapshots: saved.snapshots, forget: saved.forget ?? [], lease });
    await saved.committed?.();
    return { entry, record, same: true, took };
  }
  const { fingerprint, stateAfter } = record;
  const again = { ...(await recordOf(ran, saved)), fingerprint };
  const { id, status: _, parent, ...place } = entry;
  const [added] = await log.commit({
    states,
    replaced: { fingerprint, aside: asideOf(hasher, fingerprint, stateAfter) },
    records: [again],
    snapshots: saved.snapshots,
    forget: saved.forget ?? [],
    supersede: [id],
    entries: [{ ...place, parent, how: 'run', origin: null, createdAt: again.createdAt }],
    lease,
  });
  await saved.committed?.();
  return { entry: added as OpEntry, record: again, same: false, took };
}

/** What a record is found under that another one has taken the name of. */
function asideOf(hasher: Hasher, fingerprint: Fingerprint, state: StateDigest | null): Fingerprint {
  return hasher.digest(encode(['set aside', fingerprint, state])) as Fingerprint;
}
