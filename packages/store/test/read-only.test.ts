import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '@reprise/core';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../src/files/node-file-system.js';
import { createHasher, openStore } from '../src/index.js';
import { openStoreWith } from '../src/open-store.js';
import { driver } from './checking-driver.js';
import { record } from './recording.js';
import { temporaryFolders } from './temporary-folder.js';

const root = process.geteuid?.() === 0;
afterEach(() => {
  if (root) process.seteuid?.(0);
});
// After the users are back: the folder is removed by whoever made it.
const temporaryFolder = temporaryFolders();

async function made(): Promise<string> {
  const folder = await temporaryFolder();
  const store = await openStore(folder);
  await record(store, ['a']);
  await store.close();
  return folder;
}

async function contents(folder: string): Promise<readonly unknown[]> {
  const entries = await readdir(folder, { recursive: true });
  const paths = entries.toSorted().map(async (path) => {
    const { size, mtimeMs } = await stat(join(folder, path));
    return [path, size, mtimeMs];
  });
  return Promise.all(paths);
}

describe('a store in a folder that is read-only', () => {
  it.runIf(process.platform === 'linux')('is not opened, says what to do, and stays as it is', async () => {
    const folder = await made();
    for (const path of ['blobs', 'tmp', '']) await chmod(join(folder, path), 0o555);
    await chmod(join(folder, 'log.db'), 0o444);
    const before = await contents(folder);
    // Permissions say nothing to root.
    if (root) process.seteuid?.(65_534);
    const error: unknown = await openStore(folder).catch((reason: unknown) => reason);
    if (root) process.seteuid?.(0);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'STORE_READ_ONLY', path: join(folder, 'log.db') });
    expect(String(error)).toMatch(/Give this user write access/);
    expect(await contents(folder)).toEqual(before);
    for (const path of ['', 'blobs', 'tmp']) await chmod(join(folder, path), 0o755);
  });

  it.each(['makeFolder', 'create', 'removeNow'] as const)(
    'is a typed error where %s finds it out, and nothing is lost',
    async (call) => {
      const folder = await made();
      const refuse = (): never => {
        throw Object.assign(new Error('EROFS'), { code: 'EROFS', syscall: 'any' });
      };
      let readOnly = false;
      const fileSystem = {
        ...nodeFileSystem,
        makeFolder: async (path: string) =>
          readOnly && call === 'makeFolder' ? refuse() : nodeFileSystem.makeFolder(path),
        create: async (path: string) => (readOnly && call === 'create' ? refuse() : nodeFileSystem.create(path)),
        removeNow: (path: string) => (readOnly && call === 'removeNow' ? refuse() : nodeFileSystem.removeNow(path)),
      };
      const store = await openStoreWith({ fileSystem, drivers: [driver], hasher: createHasher }, folder);
      const gone = await record(store, ['b'], { occurrence: 1 });
      await store.log.deleteEntries([gone.entry.id]);
      readOnly = true;
      const act = call === 'removeNow' ? store.upkeep.collect({ grace: 0 }) : store.blobs.put(Uint8Array.of(1, 2, 3));
      await expect(act).rejects.toMatchObject({ name: 'StoreError', code: 'STORE_READ_ONLY' });
      const [entry] = await store.log.entries({ status: 'live' });
      const { stateAfter } = (await store.log.record(entry!.record))!;
      expect(await store.blobs.get(stateAfter!)).toBeDefined();
      await store.close();
    },
  );
});
