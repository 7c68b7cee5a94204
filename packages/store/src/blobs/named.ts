import type { Database } from '../database/database.js';

/** The condition that something recorded needs the blob of table `blobs`: a state is it or names it, or a call keeps its record in it. */
export const named = `(
  EXISTS (SELECT 1 FROM states WHERE states.digest = blobs.digest)
  OR EXISTS (SELECT 1 FROM state_blobs WHERE state_blobs.blob = blobs.digest)
  OR EXISTS (SELECT 1 FROM op_log WHERE op_log.blob = blobs.digest)
)`;

export function isNamed(database: Database, digest: string): boolean {
  return database.get(`SELECT 1 FROM blobs WHERE digest = ? AND ${named}`, digest) !== undefined;
}
