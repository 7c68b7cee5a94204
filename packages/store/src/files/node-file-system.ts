import { rmSync, statSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileInfo, FileSystem, WritableFile } from './file-system.js';

/** The machine's own file system, through Node's thread pool. */
export const nodeFileSystem: FileSystem = {
  isDirect: true,
  makeFolder,
  create: async (path) => writable(await open(path, 'wx', 0o444)),
  rename,
  remove: (path) => rm(path),
  syncFolder,
  async size(path): Promise<number | undefined> {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  sizeNow: (path) => statSync(path, { throwIfNoEntry: false })?.size,
  removeNow: (path) => rmSync(path, { force: true }),
  async read(path, length): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, await readInto(path, bytes));
  },
  readInto,
  async list(path): Promise<readonly string[]> {
    try {
      return await readdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  lookNow(path): FileInfo | undefined {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    const { size, mtimeMs: modifiedAt, ctimeMs: changedAt } = found;
    return { isFolder: found.isDirectory(), size, modifiedAt, changedAt };
  },
  removeFolder: (path) => rmdir(path),
  async space(path): Promise<number> {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
  kind: async (path) => (await statfs(path)).type,
};

/** Level by level: Node's recursive form never ends where a folder is there and none can be made in it, as in /proc. */
async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return (await makeOne(path)) ? path : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
  }
  const above = await makeFolder(dirname(path));
  const made = await makeOne(path);
  return above ?? (made ? path : undefined);
}

/** False where the folder was there. */
async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory()) return false;
    throw error;
  }
}

function writable(file: FileHandle): WritableFile {
  return {
    async write(bytes): Promise<void> {
      for (let done = 0; done < bytes.byteLength;) {
        const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done);
        done += bytesWritten;
      }
    },
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

async function readInto(path: string, memory: Uint8Array): Promise<number> {
  const file = await open(path, 'r');
  try {
    let done = 0;
    while (done < memory.byteLength) {
      const { bytesRead } = await file.read(memory, done, memory.byteLength - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows has no such call: it journals names by itself.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
