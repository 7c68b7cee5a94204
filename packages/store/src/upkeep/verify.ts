import { boolean, checkOptions } from '@reprise/core';
import type { Damage, Verification, VerifyOptions } from '@reprise/core';
import type { UpkeepParts } from './parts.js';
import { verifyBlobs } from './verify-blobs.js';
import { verifyDatabase } from './verify-database.js';
import { verifyManifests } from './verify-manifests.js';
import { verifyRecords } from './verify-records.js';

/** Looks at everything and changes nothing. Quick: sizes and rows. Full: every byte, at the speed of the disk. */
export async function verify(parts: UpkeepParts, options: VerifyOptions): Promise<Verification> {
  checkOptions('verify()', options, ['full', 'onProgress']);
  const { full = false, onProgress = () => undefined } = options;
  boolean('verify()', 'full', full);
  const database = verifyDatabase(parts.database, full);
  // Rows of a file that SQLite can't read say nothing.
  if (database.length > 0) return { full, blobs: { count: 0, bytes: 0 }, records: 0, damages: database };
  const blobs = await verifyBlobs(parts, full, onProgress);
  const records = await verifyRecords(parts, full);
  const damages: Damage[] = [...blobs.damages, ...records.damages];
  if (full) damages.push(...(await verifyManifests(parts, new Set(blobs.damages.map(({ subject }) => subject)))));
  return { full, blobs: blobs.amount, records: records.count, damages };
}
