import { StoreError } from '@reprise/core';
import { fileError } from './file-error.js';
import type { FileSystem } from './file-system.js';

/** What is left to the log when blobs have filled a disk. */
const reserve = 32 * 1024 * 1024;

/**
 * Whether a folder's disk takes so many bytes more, and the log after them. Others can fill it meanwhile: a write that finds it full says so by itself.
 * @throws StoreError `DISK_FULL`
 */
export async function requireSpace(fileSystem: FileSystem, folder: string, bytes: number): Promise<void> {
  let free: number;
  try {
    free = await fileSystem.space(folder);
  } catch (cause) {
    throw fileError(cause, { doing: 'read', what: 'ask how much space is left', path: folder });
  }
  if (free >= bytes + reserve) return;
  throw new StoreError(
    'DISK_FULL',
    `The store at ${folder} needs ${words(bytes)} more, and ${words(reserve)} to spare for its log, but its disk has ${words(free)} free. ` +
      'Nothing was stored. Free some space (reprise gc frees what nothing needs any more), then run again.',
    { path: folder, expected: bytes + reserve, found: free },
  );
}

function words(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
