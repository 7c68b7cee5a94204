import { randomBytes } from 'node:crypto';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RepriseError, type UserFiles } from '@reprise/core';

/** Files of this machine, as `node:fs` has them. */
export const userFiles: UserFiles = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (cause) {
      if (isMissing(cause)) return null;
      throw fileFailed(path, 'read', cause);
    }
  },
  exists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  async write(path, bytes) {
    const folder = dirname(path);
    const temporary = join(folder, `.reprise-${randomBytes(8).toString('hex')}.tmp`);
    try {
      await mkdir(folder, { recursive: true });
      await written(temporary, bytes);
      await rename(temporary, path);
      await synced(folder);
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw fileFailed(path, 'written', cause);
    }
  },
  async remove(path) {
    try {
      await rm(path, { force: true });
    } catch (cause) {
      throw fileFailed(path, 'removed', cause);
    }
  },
};

export function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === 'ENOENT';
}

export function fileFailed(path: string, what: string, cause: unknown): RepriseError {
  return new RepriseError('FILE_IO', `${path} can't be ${what}: ${(cause as Error).message}.`, { cause });
}

/** A file whose name is taken over only when its bytes are on the disk. */
async function written(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The name is on the disk, too: what it replaces may be removed after that. */
async function synced(folder: string): Promise<void> {
  // Windows opens no folders, and has no need to.
  if (process.platform === 'win32') return;
  const opened = await open(folder, 'r');
  try {
    await opened.sync();
  } catch (cause) {
    // Some file systems, such as those of a network, have no such thing.
    if (!['EINVAL', 'ENOTSUP'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
  } finally {
    await opened.close();
  }
}
