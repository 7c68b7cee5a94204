import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import type { FileSystem } from '../src/files/file-system.js';
import { nodeFileSystem } from '../src/files/node-file-system.js';
import { createHasher, openStore } from '../src/index.js';
import { openStoreWith } from '../src/open-store.js';
import { driver } from './checking-driver.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();
const mebibyte = 1024 * 1024;

function open(folder: string, changes: Partial<FileSystem>): Promise<Store> {
  const fileSystem = { ...nodeFileSystem, ...changes };
  return openStoreWith({ fileSystem, drivers: [driver], hasher: createHasher }, folder);
}

describe('a disk that is almost full', () => {
  it('is noticed before a save, with what it needs and what there is', async () => {
    const store = await open(await temporaryFolder(), { space: async () => 40 * mebibyte });
    await store.blobs.requireSpace(8 * mebibyte);
    const asked = store.blobs.requireSpace(8 * mebibyte + 1);
    await expect(asked).rejects.toMatchObject({ code: 'DISK_FULL', found: 40 * mebibyte });
    await expect(asked).rejects.toThrow(/needs 8\.4 MB more.* 41\.9 MB free.*Free some space/s);
    await store.close();
  });

  it('takes no large blob, and leaves nothing of it; small ones find their room', async () => {
    let free = 40 * mebibyte;
    const store = await open(await temporaryFolder(), { space: async () => free });
    const large = new Uint8Array(9 * mebibyte);
    await expect(store.blobs.put(large)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(join(store.location, 'tmp'))).toEqual([]);
    const digest = store.hasher.digest(large);
    const lent = await store.blobs.putElsewhere?.([large.slice().buffer], [[digest]], 16 * mebibyte);
    expect(lent).toMatchObject({ failure: { code: 'DISK_FULL' }, memories: [{ byteLength: large.byteLength }] });
    await store.blobs.put(new Uint8Array(mebibyte));
    free = 400 * mebibyte;
    expect(await store.blobs.get(await store.blobs.put(large))).toHaveLength(large.byteLength);
    await store.close();
  });

  it('is asked for its space for real', async () => {
    const store = await openStore(await temporaryFolder());
    await store.blobs.requireSpace(0);
    await expect(store.blobs.requireSpace(2 ** 60)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await store.close();
  });
});

describe('a network file system', () => {
  const kinds: readonly (readonly [name: string, kind: number])[] = [
    ['NFS', 0x6969],
    ['SMB', 0x517b],
    ['CIFS', 0xff534d42],
    ['CIFS', 0xff534d42 | 0],
    ['SMB', 0xfe534d42],
    ['AFS', 0x5346414f],
    ['Ceph', 0x00c36400],
    ['Lustre', 0x0bd00bd0],
    ['GPFS', 0x47504653],
    ['BeeGFS', 0x19830326],
  ];

  it.each(kinds)('%s (%i) is refused before anything is written', async (name, kind) => {
    const above = await temporaryFolder();
    const folder = join(above, 'runs', '.reprise');
    // The folder isn't there yet: its place tells.
    const asked: string[] = [];
    const opening = open(folder, {
      kind: async (path) => {
        asked.push(path);
        await nodeFileSystem.kind(path);
        return kind;
      },
    });
    await expect(opening).rejects.toMatchObject({ code: 'STORE_NETWORK', path: folder, found: name });
    await expect(opening).rejects.toThrow(/local disk/);
    expect(asked.at(-1)).toBe(above);
    expect(await readdir(above)).toEqual([]);
  });

  it('is not suspected where the system does not say', async () => {
    const failing = async (): Promise<number> => {
      throw Object.assign(new Error('ENOSYS'), { code: 'ENOSYS', syscall: 'statfs' });
    };
    await (await open(await temporaryFolder(), { kind: failing })).close();
  });
});
