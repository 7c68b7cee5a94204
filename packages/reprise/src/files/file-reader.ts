import { open, stat } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { DataError } from '@reprise/core';
import type { FileIdentity } from '@reprise/core';

/** What a data set of files needs of the file system. Paths are absolute. */
export interface FileReader {
  /** @throws DataError `DATA_ERROR` with the path, as does `read`. */
  identify(path: string): Promise<FileIdentity>;
  /** The content, and the identity that the file had before it was read. */
  read(path: string): Promise<{ readonly identity: FileIdentity; readonly bytes: Uint8Array }>;
}

export const nodeFiles: FileReader = {
  identify: (path) => stat(path, { bigint: true }).then((found) => identityOf(path, found), unreadable(path)),

  async read(path) {
    const file = await open(path).catch(unreadable(path));
    try {
      const identity = identityOf(path, await file.stat({ bigint: true }));
      return { identity, bytes: await file.readFile() };
    } catch (cause) {
      return unreadable(path)(cause);
    } finally {
      await file.close();
    }
  },
};

/** Whether nothing tells that the file has changed in between. */
export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.mtime === b.mtime && a.inode === b.inode;
}

function identityOf(path: string, { size, mtimeNs, ino }: BigIntStats): FileIdentity {
  return { path, size: Number(size), mtime: mtimeNs, inode: ino };
}

function unreadable(path: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(
      'DATA_ERROR',
      `The file ${path} can't be read: ${reason}. Put it back, or leave it out of files().`,
      { cause },
    );
  };
}
