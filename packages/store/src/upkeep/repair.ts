import { boolean, checkOptions, refuse, StoreError } from '@reprise/core';
import type { Repair, RepairOptions } from '@reprise/core';
import { resolve } from 'node:path';
import { fileError } from '../files/file-error.js';
import { damagedStates } from './damaged.js';
import type { UpkeepParts } from './parts.js';
import { repairBlobs } from './repair-blobs.js';
import { dropSnapshots, repairRows } from './repair-rows.js';
import { verify } from './verify.js';

/** Finds damage and mends it. What can't be mended is marked, and computed again when its script runs. */
export async function repair(parts: UpkeepParts, options: RepairOptions): Promise<Repair> {
  checkOptions('repair()', options, ['full', 'from', 'dryRun', 'onProgress']);
  const { full = true, dryRun = false, onProgress } = options;
  const from: readonly string[] = options.from ?? [];
  boolean('repair()', 'dryRun', dryRun);
  if (!Array.isArray(options.from ?? []) || from.some((folder: unknown) => typeof folder !== 'string')) {
    refuse('repair()', 'from', 'an array of folders', from);
  }
  const { damages } = await verify(parts, { full, ...(onProgress && { onProgress }) });
  const broken = damages.find(({ kind, ops }) => kind === 'database' && ops.length === 0);
  if (broken !== undefined) {
    throw new StoreError(
      'STORE_CORRUPT',
      `The store's log ${broken.path} is damaged (${broken.found}), so its rows can't be trusted. Nothing was changed. ` +
        'Run `npx reprise repair --rebuild`: it makes the log anew from the blobs.',
      { path: broken.path, expected: broken.expected, found: broken.found },
    );
  }
  try {
    const folders = from.map((folder) => resolve(folder));
    const { healed, setAside } = await repairBlobs(parts, damages, { from: folders, dryRun });
    const snapshots = dropSnapshots(parts, damages, lostBlobs(parts, healed, setAside), dryRun);
    const gone = await repairRows(parts, damages, dryRun);
    const marked = new Set([...gone, ...(dryRun ? liveOps(parts, setAside) : damagedOps(parts))]);
    return { dryRun, damages, healed, setAside, snapshots, marked: [...marked].sort((a, b) => a - b) };
  } catch (cause) {
    throw fileError(cause, { doing: 'write', what: 'mend what is damaged', path: parts.layout.root });
  }
}

/** Blobs that are lost once these are healed. */
function lostBlobs(
  { database }: UpkeepParts,
  healed: Repair['healed'],
  setAside: Repair['setAside'],
): ReadonlySet<string> {
  const lost = new Set<string>(setAside);
  for (const { digest } of database.all<{ digest: string }>('SELECT digest FROM blobs WHERE damaged = 1'))
    lost.add(digest);
  for (const { digest } of healed) lost.delete(digest);
  return lost;
}

/** The live calls whose state after can't be read. */
function damagedOps({ database }: UpkeepParts): readonly number[] {
  const sql = `SELECT id FROM op_log JOIN op_records ON fingerprint = record WHERE status = 'live' AND state_after = ?`;
  return [...damagedStates(database)].flatMap((state) => database.all<{ id: number }>(sql, state).map(({ id }) => id));
}

function liveOps({ database }: UpkeepParts, blobs: readonly string[]): readonly number[] {
  const sql = `SELECT id FROM op_log JOIN op_records ON fingerprint = record
    WHERE status = 'live' AND (state_after = ? OR state_after IN (SELECT state FROM state_blobs WHERE blob = ?))`;
  return blobs.flatMap((blob) => database.all<{ id: number }>(sql, blob, blob).map(({ id }) => id));
}
