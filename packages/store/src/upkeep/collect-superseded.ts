import { Removal } from '../log/remove.js';
import { livePlace, placeValues } from '../log/rows.js';
import { SnapshotRows } from '../log/snapshot-rows.js';
import { batch, type Sweep } from './sweep.js';

/** Entries that live ones stand on, however far below. */
const needed = `WITH RECURSIVE needed (id) AS (
  SELECT parent FROM op_log WHERE status = 'live' AND parent IS NOT NULL
  UNION
  SELECT parent FROM op_log JOIN needed ON op_log.id = needed.id WHERE parent IS NOT NULL
)`;

/** An entry's age counts from when another one took its place, where one did: so long it can be gone back to. */
const supersededAt = `coalesce(
  (SELECT min(later.created_at) FROM op_log AS later
   WHERE later.model = op_log.model AND later.checkpoint = op_log.checkpoint AND later.lane = op_log.lane AND later.kind = op_log.kind
     AND later.name = op_log.name AND later.occurrence = op_log.occurrence AND later.id > op_log.id),
  created_at)`;

/** Superseded ops that are old enough and that no live op stands on; and what was saved inside trains that others have taken the place of. */
export function* collectSuperseded(sweep: Sweep): Generator<undefined, void, undefined> {
  const { database, hasher, tally, supersededBefore, write } = sweep;
  if (supersededBefore === undefined) return;
  const snapshots = new SnapshotRows(database, hasher);
  const removal = new Removal(database, snapshots);
  const select = `${needed} SELECT id FROM op_log
    WHERE status = 'superseded' AND ${supersededAt} < ? AND id NOT IN (SELECT id FROM needed) LIMIT ?`;
  for (let found = batch; found === batch;) {
    found = write(() => {
      const rows = database.all<{ id: number }>(select, supersededBefore, batch);
      for (const { id } of rows) removal.entry(id);
      return rows.length;
    });
    tally.superseded += found;
    yield;
  }

  write(() => {
    for (const { series, epoch, step, place, createdAt } of snapshots.find({ running: true })) {
      if (createdAt >= supersededBefore) continue;
      const live = `SELECT 1 FROM op_log JOIN op_records ON fingerprint = record
        WHERE ${livePlace} AND created_at > ? AND series IS NOT NULL AND series <> ?`;
      if (database.get(live, ...placeValues(place), createdAt, series) === undefined) continue;
      snapshots.remove('series = ? AND epoch = ? AND step = ?', series, epoch, step);
      tally.unfinished.add(series);
    }
  });
  yield;
}
