import type { Database } from '../database/database.js';
import { type Owner, type OwnerRow, ownerColumns } from '../owners/owner.js';

/** Keeps garbage collection away from a blob until its owner has named it, or is gone. Inside a transaction that has seen the blob's row. */
export function pin(database: Database, owner: string, blob: string): void {
  database.run('INSERT OR IGNORE INTO pins (blob, owner) VALUES (?, ?)', blob, owner);
}

/** Lets go of what a commit has named. Inside its transaction. */
export function unpin(database: Database, owner: string, blobs: readonly string[]): void {
  for (const blob of new Set(blobs)) database.run('DELETE FROM pins WHERE owner = ? AND blob = ?', owner, blob);
}

/** Who, other than this owner, has a blob pinned and is not gone. */
export function pinnedByOthers(database: Database, owner: Owner, blob: string): boolean {
  const sql = `SELECT ${ownerColumns} FROM pins JOIN owners ON owners.id = pins.owner WHERE pins.blob = ? AND pins.owner <> ?`;
  return database.all<OwnerRow>(sql, blob, owner.id).some((row) => !owner.isGone(row));
}
