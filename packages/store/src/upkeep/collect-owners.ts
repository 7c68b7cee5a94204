import { type OwnerRow, ownerColumns } from '../owners/owner.js';
import type { Sweep } from './sweep.js';

/** Owners of whose life nothing is known are forgotten after so long without a word. */
const longAgo = 7 * 24 * 60 * 60 * 1000;

/** Rows of processes that are gone, with what they pinned and leased: it has protected nothing since they went. */
export function collectOwners({ database, owner, now, write }: Sweep): void {
  write(() => {
    for (const row of database.all<OwnerRow>(`SELECT ${ownerColumns} FROM owners`)) {
      const life = owner.lifeOf(row);
      if (life === 'dead' || (life === 'unknown' && row.beat_at < now() - longAgo)) {
        database.run('DELETE FROM owners WHERE id = ?', row.id);
      }
    }
  });
}
