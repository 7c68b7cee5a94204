import { cp, mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openStore } from '@reprise/store';
import type { Store } from '@reprise/core';
import { betterSqlite3 } from '../../packages/store/src/database/better-sqlite3.js';
import { nodeFileSystem } from '../../packages/store/src/files/node-file-system.js';
import { createHasher } from '../../packages/store/src/hasher.js';
import { openStoreWith } from '../../packages/store/src/open-store.js';
import { thisMachine } from '../../packages/store/src/owners/processes.js';
import { scratchFolder } from '../durability/scratch.js';
import { fill, run } from './script.js';

/** How the process that wrote a store ended: killed, it leaves the end of the log in SQLite's write-ahead log. */
export type Ended = 'closed' | 'killed';

/** The files of a store, by their path in its folder. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** Makes both stores below a folder, and what their script comes to. Returns that. */
export async function makeFixtures(folder: string): Promise<string> {
  const made = join(folder, 'made');
  const store = await asAnother(made);
  await fill(store);
  await cp(made, join(folder, 'killed'), { recursive: true });
  await rm(join(folder, 'killed', 'log.db-shm'), { force: true });
  await store.close();
  await cp(made, join(folder, 'closed'), { recursive: true });
  const again = await openStore(made);
  const outcome = await run(again);
  await again.close();
  await rm(made, { recursive: true, force: true });
  await writeFile(join(folder, 'outcome'), outcome);
  return outcome;
}

/** Opened as a process that is gone would have: its leases are not waited for. */
function asAnother(folder: string): Promise<Store> {
  const { self, startOf } = thisMachine();
  // Greater than any that Linux gives.
  const processes = { self: { ...self, pid: 2 ** 22 + 1, started: '1' }, startOf };
  const parts = { fileSystem: nodeFileSystem, drivers: [betterSqlite3], hasher: createHasher, processes };
  return openStoreWith({ ...parts, now: () => 1_700_000_000_000 }, folder);
}

export async function readFiles(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files = new Map<string, Uint8Array>();
  for (const path of paths.toSorted()) files.set(path.slice(folder.length + 1), new Uint8Array(await readFile(path)));
  return files;
}

/** A copy of a fixture, which is damaged and made whole again many times over. */
export class Copy {
  readonly folder: string;
  readonly files: Files;

  private constructor(folder: string, files: Files) {
    this.folder = folder;
    this.files = files;
  }

  static async of(files: Files): Promise<Copy> {
    const copy = new Copy(await scratchFolder(), files);
    await copy.restore([...files.keys()]);
    return copy;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Puts these files back, and the log, to which every look at a store may write. */
  async restore(names: readonly string[]): Promise<void> {
    for (const end of ['', '-wal', '-shm']) await rm(this.path(`log.db${end}`), { force: true });
    for (const name of new Set([...names, 'log.db', 'log.db-wal', 'format.json'])) {
      const bytes = this.files.get(name);
      if (bytes === undefined) continue;
      await mkdir(dirname(this.path(name)), { recursive: true });
      // Blobs are read-only files.
      if (existsSync(this.path(name))) await unlink(this.path(name));
      await writeFile(this.path(name), bytes);
    }
  }

  /** After something that may have written anywhere. */
  async restoreAll(): Promise<void> {
    await this.remove();
    await this.restore([...this.files.keys()]);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
