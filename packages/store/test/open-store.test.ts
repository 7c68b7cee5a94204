import { readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InstallError, OptionError } from '@reprise/core';
import type { Fingerprint, Store } from '@reprise/core';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../src/files/node-file-system.js';
import { createHasher, openStore } from '../src/index.js';
import { openStoreWith } from '../src/open-store.js';
import { driver } from './checking-driver.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();
const model = { id: 'm', description: '', hparams: Uint8Array.of(1), threads: 2, createdAt: 1 };

async function made(): Promise<string> {
  const folder = await temporaryFolder();
  const store = await openStore(folder);
  await store.log.putModel(model);
  await store.close();
  return folder;
}

describe('openStore', () => {
  it('makes a folder with the documented layout, its parents too', async () => {
    const folder = join(await temporaryFolder(), 'a', 'b', '.reprise');
    const store = await openStore(folder);
    await store.blobs.put(Uint8Array.of(1));
    await store.close();
    expect(store.location).toBe(folder);
    expect((await readdir(folder)).toSorted()).toEqual(['blobs', 'format.json', 'log.db', 'tmp']);
    expect(JSON.parse(await readFile(join(folder, 'format.json'), 'utf8'))).toEqual({ blob: 1, record: 1, schema: 3 });
  });

  it('finds everything again', async () => {
    const folder = await temporaryFolder();
    const first = await openStore(folder);
    const digest = await first.blobs.put(Uint8Array.of(1, 2));
    await first.log.putModel(model);
    await first.close();
    const second = await openStore(folder);
    expect(await second.blobs.get(digest)).toEqual(Uint8Array.of(1, 2));
    expect(await second.log.model('m')).toStrictEqual(model);
    await second.close();
  });

  it('can be open several times', async () => {
    const folder = await temporaryFolder();
    const stores = await Promise.all([openStore(folder), openStore(folder), openStore(folder)]);
    const digest = await stores[0].blobs.put(Uint8Array.of(1));
    for (const store of stores) expect(await store.blobs.has(digest)).toBe(true);
    for (const store of stores) await store.close();
  });

  it('refuses an option that it does not know', async () => {
    const opening = openStore(await temporaryFolder(), { busyTimeOut: 3 } as object);
    await expect(opening).rejects.toThrow(/busyTimeout/);
    await expect(openStore(await temporaryFolder(), { busyTimeout: -1 })).rejects.toBeInstanceOf(OptionError);
  });

  it('closes once, with the writes in flight', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    const putting = store.blobs.put(new Uint8Array(100_000));
    await Promise.all([store.close(), store.close()]);
    await store.close();
    const again = await openStore(folder);
    expect(await again.blobs.has(await putting)).toBe(true);
    await again.close();
  });

  it('says that it is closed, whatever is asked', async () => {
    const store = await openStore(await temporaryFolder());
    const digest = await store.blobs.put(Uint8Array.of(1));
    await store.close();
    const calls: readonly ((store: Store) => Promise<unknown>)[] = [
      ({ blobs }) => blobs.put(Uint8Array.of(2)),
      ({ blobs }) => blobs.get(digest),
      ({ blobs }) => blobs.has(digest),
      ({ blobs }) => blobs.delete(digest),
      async ({ blobs }) => {
        for await (const blob of blobs.list()) void blob;
      },
      ({ log }) => log.model('m'),
      ({ log }) => log.putModel(model),
      ({ log }) => log.models(),
      ({ log }) => log.record(digest as string as Fingerprint),
      ({ log }) => log.commit({}),
      ({ log }) => log.deleteModel('m'),
      ({ files }) => files.get([]),
    ];
    for (const call of calls) await expect(call(store)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});

describe('a folder that is no store of this release', () => {
  const present = { blob: 1, record: 1, schema: 3 };
  it.each(['blob', 'record', 'schema'] as const)('refuses a newer %s format, and touches nothing', async (part) => {
    const folder = await made();
    await writeFile(join(folder, 'format.json'), JSON.stringify({ ...present, [part]: 99 }));
    const before = await readFile(join(folder, 'log.db'));
    const error = await openStore(folder).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'FORMAT_VERSION', expected: present[part], found: 99 });
    expect(String(error)).toMatch(/Upgrade reprise/);
    expect(await readFile(join(folder, 'log.db'))).toEqual(before);
  });

  it('refuses a newer schema in the log itself', async () => {
    const folder = await made();
    const connection = driver.open(join(folder, 'log.db'));
    connection.exec('PRAGMA user_version = 99');
    connection.close();
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'FORMAT_VERSION', found: 99 });
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"blob":1}',
    '{"blob":"1","record":1,"schema":1}',
    '{"blob":0,"record":1,"schema":1}',
    '\u0000\u0001',
  ])('does not guess from a format.json of %j', async (text) => {
    const folder = await made();
    await writeFile(join(folder, 'format.json'), text);
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'STORE_CORRUPT', path: join(folder, 'format.json') });
  });

  it('refuses a log of garbage', async () => {
    const folder = await made();
    await writeFile(join(folder, 'log.db'), Buffer.alloc(20_000, 'garbage '));
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'STORE_CORRUPT', path: join(folder, 'log.db') });
  });

  it('notices a log whose pages were overwritten, when it reads them', async () => {
    const folder = await made();
    const log = await readFile(join(folder, 'log.db'));
    await writeFile(join(folder, 'log.db'), log.fill(0xaa, 4096));
    const read = async (): Promise<unknown> => {
      const store = await openStore(folder);
      try {
        return await store.log.models();
      } finally {
        await store.close();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('does not begin anew in silence where the log is gone or empty', async () => {
    const emptied = await made();
    await truncate(join(emptied, 'log.db'), 0);
    await expect(openStore(emptied)).rejects.toMatchObject({ code: 'STORE_CORRUPT', found: 'empty' });
    const removed = await made();
    await rm(join(removed, 'log.db'));
    await expect(openStore(removed)).rejects.toMatchObject({ code: 'STORE_CORRUPT', found: 'missing' });
  });

  it('completes a store whose making was cut off before format.json', async () => {
    const folder = await made();
    await rm(join(folder, 'format.json'));
    const store = await openStore(folder);
    expect(await store.log.model('m')).toStrictEqual(model);
    await store.close();
    expect(await readdir(folder)).toContain('format.json');
  });

  it.runIf(process.platform === 'linux')('ends where no folder can be made in a folder that is there', async () => {
    await expect(openStore('/proc/reprise/store')).rejects.toMatchObject({ name: 'StoreError' });
  });

  it('says that a path can’t be a folder', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, 'x');
    await expect(openStore(file)).rejects.toMatchObject({ code: 'STORE_IO' });
    await expect(openStore(join(file, 'below'))).rejects.toMatchObject({ code: 'STORE_IO' });
  });
});

describe('missing bindings', () => {
  const missing = { ...driver, name: 'absent', unavailable: () => new Error('no binding') };
  const parts = { fileSystem: nodeFileSystem, hasher: createHasher };

  it('takes the next driver', async () => {
    const store = await openStoreWith({ ...parts, drivers: [missing, driver] }, await temporaryFolder());
    await store.close();
  });

  it('says how to get one where there is none, and makes nothing', async () => {
    const folder = join(await temporaryFolder(), 'store');
    const error = await openStoreWith({ ...parts, drivers: [missing] }, folder).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InstallError);
    expect(error).toMatchObject({ code: 'INSTALL', package: 'absent', cause: { message: 'no binding' } });
    expect((error as InstallError).message).toMatch(/no binding.*Node 22\.13/s);
    expect(await nodeFileSystem.size(folder)).toBeUndefined();
  });
});
