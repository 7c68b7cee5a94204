import { blobsOfState, RepriseError } from '@reprise/core';
import type { Damage, Digest, StateDigest } from '@reprise/core';
import { blobPath } from '../layout.js';
import { opsOfBlob } from './damaged.js';
import type { UpkeepParts } from './parts.js';

/** Whether each state's manifest is one, and names the blobs that its rows do. @param known blobs that are damaged: told already */
export async function verifyManifests(
  { database, layout, blobs }: UpkeepParts,
  known: ReadonlySet<string>,
): Promise<readonly Damage[]> {
  const damages: Damage[] = [];
  for (const { digest } of database.all<{ digest: StateDigest }>('SELECT digest FROM states ORDER BY digest')) {
    if (known.has(digest)) continue;
    const bytes = await blobs.peek(digest);
    const rows = database.all<{ blob: Digest }>('SELECT blob FROM state_blobs WHERE state = ?', digest);
    const found =
      bytes === undefined ? undefined : compare(bytes, new Set([digest, ...rows.map(({ blob }) => blob)]), digest);
    if (found === undefined) continue;
    const path = blobPath(layout, digest).file;
    damages.push({
      kind: 'manifest',
      subject: digest,
      path,
      expected: 'the blobs of its rows',
      found,
      ops: opsOfBlob(database, digest),
    });
  }
  return damages;
}

function compare(bytes: Uint8Array, rows: ReadonlySet<string>, digest: StateDigest): string | undefined {
  let named: Set<string>;
  try {
    named = new Set([digest, ...blobsOfState(bytes)]);
  } catch (error) {
    if (error instanceof RepriseError) return error.message;
    throw error;
  }
  const lacking = [...named].filter((blob) => !rows.has(blob));
  const more = [...rows].filter((blob) => !named.has(blob));
  return lacking.length + more.length === 0 ? undefined : `${lacking.length} blobs fewer and ${more.length} more`;
}
