import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Store } from '@reprise/core';
import { folderOf } from '../store-folder.js';
import type { Io } from './io.js';

/** The folder that was named: by the option, by the environment, else `.reprise` in the working directory. */
export function storeFolder(option: string | undefined, { env, folder }: Pick<Io, 'env' | 'folder'>): string {
  return resolve(folder, option === undefined || option === '' ? folderOf(env) : option);
}

/** No store where one was looked for. */
export class NoStoreError extends Error {
  constructor(folder: string) {
    super(
      `There is no store in ${folder}. A script makes one where it runs, when it first opens a model.\n` +
        'To look at one elsewhere: reprise --store <folder> …, or REPRISE_STORE=<folder> in the environment.',
    );
  }
}

/** Opens a store that is there; looking makes none. @throws NoStoreError; StoreError */
export async function openExisting(folder: string): Promise<Store> {
  requireStore(folder);
  const { openStore } = await import('@reprise/store');
  return openStore(folder);
}

/** @throws NoStoreError where there is nothing of a store in the folder */
export function requireStore(folder: string): void {
  const there = ['format.json', 'log.db', 'blobs'].some((file) => existsSync(join(folder, file)));
  if (!there) throw new NoStoreError(folder);
}
