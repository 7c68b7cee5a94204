import { StoreError } from '@reprise/core';

/** What the store was doing when a call on a file failed. */
export interface FileAction {
  readonly doing: 'read' | 'write';
  /** In words, to follow "could not": `store a blob`. */
  readonly what: string;
  readonly path: string;
}

/** The typed error for a failed call on a file. What the operating system didn't say stays as it is. */
export function fileError(cause: unknown, { doing, what, path }: FileAction): unknown {
  const reason = cause instanceof Error && 'syscall' in cause && 'code' in cause ? cause.code : undefined;
  if (typeof reason !== 'string') return cause;
  const failed = `The store could not ${what} at ${path}: ${reason}.`;
  switch (reason) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StoreError('DISK_FULL', `${failed} Nothing was stored. Free some space, then run again.`, {
        path,
        cause,
      });
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      if (doing === 'write') {
        const next = 'Give this user write access to the folder, or open the store somewhere else.';
        return new StoreError('STORE_READ_ONLY', `${failed} Nothing was stored. ${next}`, { path, cause });
      }
  }
  const next = doing === 'write' ? 'Nothing was stored. ' : '';
  return new StoreError('STORE_IO', `${failed} ${next}Check the disk and its mount, then run again.`, { path, cause });
}
