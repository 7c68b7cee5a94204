import { dirname } from 'node:path';
import { StoreError } from '@reprise/core';
import { fileError } from './file-error.js';
import type { FileSystem } from './file-system.js';

/** File systems that other machines can write to at the same time, by the number that Linux gives them. */
const networks: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
]);

/**
 * Refuses a folder whose file system is on a network: SQLite's log is shared through memory, which two machines don't have in common, and a
 * store that two of them write to is soon damaged. Looks at the nearest folder above where there is none yet.
 * @throws StoreError `STORE_NETWORK`
 */
export async function refuseNetwork(fileSystem: FileSystem, folder: string): Promise<void> {
  const kind = await kindOf(fileSystem, folder);
  // Some systems return the number with its sign.
  const name = networks.get(kind >>> 0);
  if (name === undefined) return;
  throw new StoreError(
    'STORE_NETWORK',
    `The store's folder ${folder} is on a network file system (${name}), where SQLite can't keep its log whole. Nothing was written. ` +
      'Keep the store on a local disk: set REPRISE_STORE, or the option store, to a folder there. To take one along, copy its folder while nothing has it open.',
    { path: folder, found: name },
  );
}

async function kindOf(fileSystem: FileSystem, folder: string): Promise<number> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      return await fileSystem.kind(path);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      // Something below a file, or a system that has no such call: making the folder tells.
      if (code === 'ENOENT' && path !== dirname(path)) continue;
      if (code === 'ENOTDIR' || code === 'ENOSYS' || code === 'ENOENT') return 0;
      throw fileError(cause, { doing: 'read', what: 'look at its file system', path });
    }
  }
}
