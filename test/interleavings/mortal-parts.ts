import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { Driver, DriverConnection } from '../../packages/store/src/database/driver.js';
import type { FileSystem, WritableFile } from '../../packages/store/src/files/file-system.js';
import { nodeFileSystem } from '../../packages/store/src/files/node-file-system.js';
import { driver } from '../../packages/store/test/checking-driver.js';
import type { Mortal, Turns } from './turns.js';

/** Thrown at what a dead process would still do: nothing of it happens. */
export class Died extends Error {}

/**
 * The machine's file system, in which every call waits for its turn, and then is done at once: so a plan is played the same way each time.
 * Nothing is synced: of what a power loss takes, other suites know.
 */
export function steppingFileSystem(turns: Turns, who: Mortal): FileSystem {
  const step =
    <Given extends readonly unknown[], Result>(call: (...given: Given) => Result) =>
    async (...given: Given): Promise<Result> => {
      await turns.wait(who);
      return call(...given);
    };
  const now =
    <Given extends readonly unknown[], Result>(call: (...given: Given) => Result) =>
    (...given: Given): Result => {
      if (who.dead) throw new Died();
      return call(...given);
    };
  const { sizeNow, removeNow, lookNow, space, kind } = nodeFileSystem;
  return {
    isDirect: false,
    makeFolder: step((path: string) => mkdirSync(path, { recursive: true })),
    create: step((path: string): WritableFile => {
      const file = openSync(path, 'wx', 0o444);
      return {
        write: step((bytes: Uint8Array) => void writeSync(file, bytes)),
        sync: () => Promise.resolve(),
        close: async () => closeSync(file),
      };
    }),
    rename: step(renameSync),
    remove: step((path: string) => rmSync(path)),
    syncFolder: step(() => undefined),
    size: step((path: string) => statSync(path, { throwIfNoEntry: false })?.size),
    sizeNow: now(sizeNow),
    removeNow: now(removeNow),
    read: step((path: string, length: number) => new Uint8Array(readFileSync(path)).subarray(0, length)),
    readInto: step((path: string, memory: Uint8Array) => {
      const bytes = readFileSync(path).subarray(0, memory.byteLength);
      memory.set(bytes);
      return bytes.byteLength;
    }),
    list: step((path: string) => (existsSync(path) ? readdirSync(path) : [])),
    lookNow: now(lookNow),
    removeFolder: step((path: string) => rmdirSync(path)),
    space,
    kind,
  };
}

/** SQLite, which a dead process doesn't reach any more. What it opened is added to `opened`: nobody else would close it. */
export function mortalDriver(who: Mortal, opened: DriverConnection[]): Driver {
  const alive = <T>(act: () => T): T => {
    if (who.dead) throw new Died();
    return act();
  };
  return {
    ...driver,
    open: (path) => {
      const connection = driver.open(path);
      opened.push(connection);
      return {
        exec: (sql) => connection.exec(sql.replace('synchronous = FULL', 'synchronous = OFF')),
        close: () => connection.close(),
        prepare: (sql) => {
          const statement = connection.prepare(sql);
          return {
            run: (...values) => alive(() => statement.run(...values)),
            get: (...values) => alive(() => statement.get(...values)),
            all: (...values) => alive(() => statement.all(...values)),
          };
        },
      };
    },
  };
}
