import { join } from 'node:path';
import { isDigest } from '@reprise/core';
import { type OwnerRow, ownerColumns } from '../owners/owner.js';
import { leftoverAge, type Sweep } from './sweep.js';

/** How long what a repair set aside is kept, to be looked at. */
const setAsideFor = 7 * 24 * 60 * 60 * 1000;
/** The owner's id, at the beginning of a temporary file's name. */
const ownerLength = 36;

/** Files that no row accounts for. Reads the names in each folder. */
export async function collectFiles(sweep: Sweep): Promise<void> {
  await unrecorded(sweep);
  await temporary(sweep);
  await setAside(sweep);
}

/** Blobs' files without a row: what a process was killed over. */
async function unrecorded(sweep: Sweep): Promise<void> {
  const { database, dryRun, fileSystem, layout, tally, progress } = sweep;
  // A process that lives may have written one a moment ago, and be about to record it.
  const oldest = othersLive(sweep) ? Math.min(sweep.cutoff, sweep.now() - leftoverAge) : sweep.cutoff;
  const folders = (await fileSystem.list(layout.blobs)).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const hasRow = (hex: string): boolean =>
    database.get('SELECT 1 FROM blobs WHERE digest = ?', `blake3-${hex}`) !== undefined;
  for (const [at, folder] of folders.entries()) {
    const path = join(layout.blobs, folder);
    const names = (await fileSystem.list(path)).filter((name) => isDigest(`blake3-${name}`) && !hasRow(name));
    if (names.length > 0) {
      // Within the transaction nobody adds a row; what has none now, and is removed, is looked for by whoever adds it next.
      database.write(() => {
        for (const name of names) {
          const file = join(path, name);
          const found = fileSystem.lookNow(file);
          if (found === undefined || found.isFolder || hasRow(name)) continue;
          if (found.modifiedAt > oldest) {
            tally.keep('recent', found.size);
            continue;
          }
          if (!dryRun) fileSystem.removeNow(file);
          tally.free('unrecorded', found.size);
        }
      });
    }
    progress({ what: 'folders of blobs', done: at + 1, total: folders.length });
  }
}

function othersLive({ database, owner }: Sweep): boolean {
  const rows = database.all<OwnerRow>(`SELECT ${ownerColumns} FROM owners`);
  return rows.some((row) => row.id !== owner.id && !owner.isGone(row));
}

/** Writes in flight of processes that are gone. Their names are used once: nobody is about to write to one that is old. */
async function temporary({ database, dryRun, fileSystem, layout, owner, now, cutoff, tally }: Sweep): Promise<void> {
  const owners = new Map<string, OwnerRow>();
  // Names before owners: one that is written down in between would be taken for unknown.
  const names = await fileSystem.list(layout.temporary);
  for (const row of database.all<OwnerRow>(`SELECT ${ownerColumns} FROM owners`)) owners.set(row.id, row);
  const oldest = Math.min(cutoff, now() - leftoverAge);
  for (const name of names) {
    const file = join(layout.temporary, name);
    const found = fileSystem.lookNow(file);
    if (found === undefined || found.isFolder) continue;
    const id = name.slice(0, ownerLength);
    const row = owners.get(id);
    if (id === owner.id || (row !== undefined && !owner.isGone(row))) {
      tally.keep('pinned', found.size);
    } else if (found.modifiedAt > oldest && (row === undefined || owner.lifeOf(row) !== 'dead')) {
      // Who has not pinned anything yet is not written down, and may be writing its first blob.
      tally.keep('recent', found.size);
    } else {
      if (!dryRun) fileSystem.removeNow(file);
      tally.free('temporary', found.size);
    }
  }
}

/** Damaged files that a repair put out of the way. */
async function setAside({ dryRun, fileSystem, layout, now, tally }: Sweep): Promise<void> {
  for (const name of await fileSystem.list(layout.damaged)) {
    const file = join(layout.damaged, name);
    const found = fileSystem.lookNow(file);
    if (found === undefined || found.isFolder) continue;
    if (found.changedAt > now() - setAsideFor) {
      tally.keep('recent', found.size);
      continue;
    }
    if (!dryRun) fileSystem.removeNow(file);
    tally.free('setAside', found.size);
  }
}
