import { Removal } from '../log/remove.js';
import { removeState, SnapshotRows } from '../log/snapshot-rows.js';
import { batch, leftoverAge, type Sweep } from './sweep.js';

/**
 * Records that no entry and no tag names, and states that nothing names. What removes the last name removes them too, so there should be none; but then a
 * fault elsewhere would keep their blobs for ever.
 */
export function* collectLeftovers({
  database,
  hasher,
  cutoff,
  now,
  write,
}: Sweep): Generator<undefined, void, undefined> {
  const removal = new Removal(database, new SnapshotRows(database, hasher));
  const records = `SELECT fingerprint AS name FROM op_records
    WHERE NOT EXISTS (SELECT 1 FROM op_log WHERE record = fingerprint) AND NOT EXISTS (SELECT 1 FROM tags WHERE record = fingerprint)
    LIMIT ?`;
  // A state may be recorded a moment before the call that leads to it.
  const before = Math.min(cutoff, now() - leftoverAge);
  const states = `SELECT states.digest AS name FROM states JOIN blobs ON blobs.digest = states.digest
    WHERE stored_at < ?
      AND NOT EXISTS (SELECT 1 FROM op_records WHERE state_before = states.digest)
      AND NOT EXISTS (SELECT 1 FROM op_records WHERE state_after = states.digest)
      AND NOT EXISTS (SELECT 1 FROM snapshots WHERE state = states.digest)
      AND NOT EXISTS (SELECT 1 FROM snapshots WHERE best = states.digest)
    LIMIT ?`;
  for (let found = batch; found === batch;) {
    found = write(() => {
      const rows = database.all<{ name: string }>(records, batch);
      for (const { name } of rows) removal.record(name);
      return rows.length;
    });
    yield;
  }
  for (let found = batch; found === batch;) {
    found = write(() => {
      const rows = database.all<{ name: string }>(states, before, batch);
      for (const { name } of rows) removeState(database, name);
      return rows.length;
    });
    yield;
  }
}
