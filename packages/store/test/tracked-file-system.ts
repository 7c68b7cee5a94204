import { basename, dirname } from 'node:path';
import type { FileInfo, FileSystem, WritableFile } from '../src/files/file-system.js';
import { nodeFileSystem } from '../src/files/node-file-system.js';

interface Node {
  synced: boolean;
  /** How often its descriptor was synced. */
  syncs: number;
}

/** When a call fails: before it did anything, or after it did all. */
export type FaultMoment = 'before' | 'after';

/**
 * The machine's file system, which knows what a power loss would leave, as POSIX promises it: bytes that were synced, under names
 * whose folder was synced since. It can be told to fail at its n-th call.
 */
export class TrackedFileSystem implements FileSystem {
  readonly isDirect = false;
  readonly calls: string[] = [];
  /** Names as they are now, and as they were when their folder was last synced. */
  readonly #now = new Map<string, Node>();
  readonly #durable = new Map<string, Node>();
  readonly #all: Node[] = [];
  /** A call is under way whose result nobody will get. */
  #striking = false;
  #fault: { at: number; code: string; moment: FaultMoment } | undefined;

  /** Makes the n-th call from now fail, counting from 0. */
  failAt(at: number, code: string, moment: FaultMoment): void {
    this.#fault = { at, code, moment };
  }

  /** Whether the fault is yet to come. Takes it back. */
  disarm(): boolean {
    const armed = this.#fault !== undefined;
    this.#fault = undefined;
    return armed;
  }

  /** Whether a file would be there, whole, after a power loss: its folders within `root` too. */
  isDurable(path: string, root: string): boolean {
    if (path === root) return true;
    return this.#durable.get(path)?.synced === true && this.isDurable(dirname(path), root);
  }

  get mostSyncsOfOneFile(): number {
    return Math.max(0, ...this.#all.map(({ syncs }) => syncs));
  }

  makeFolder(path: string): Promise<string | undefined> {
    return this.#call(`makeFolder ${basename(path)}`, async () => {
      const first = await nodeFileSystem.makeFolder(path);
      if (first !== undefined) this.#now.set(path, this.#node(true));
      return first;
    });
  }

  create(path: string): Promise<WritableFile> {
    return this.#call('create', async () => {
      const file = await nodeFileSystem.create(path);
      const node = this.#node(false);
      this.#now.set(path, node);
      if (this.#striking) await file.close();
      return {
        write: (bytes) => this.#call('write', () => file.write(bytes)),
        sync: () => {
          node.syncs += 1;
          return this.#call('sync', async () => {
            await file.sync();
            node.synced = true;
          });
        },
        // A descriptor that could not be closed would outlive the test: closing always happens.
        close: () => file.close().then(() => this.#call('close', async () => undefined)),
      };
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', async () => {
      await nodeFileSystem.rename(from, to);
      const node = this.#now.get(from);
      if (node !== undefined) this.#now.set(to, node);
      this.#now.delete(from);
    });
  }

  remove(path: string): Promise<void> {
    return this.#call('remove', async () => {
      await nodeFileSystem.remove(path);
      this.#now.delete(path);
    });
  }

  syncFolder(path: string): Promise<void> {
    return this.#call(`syncFolder ${basename(path)}`, async () => {
      const seen = [...this.#now].filter(([name]) => dirname(name) === path);
      await nodeFileSystem.syncFolder(path);
      for (const [name, node] of seen) this.#durable.set(name, node);
    });
  }

  size(path: string): Promise<number | undefined> {
    return this.#call('size', () => nodeFileSystem.size(path));
  }

  sizeNow(path: string): number | undefined {
    return this.#callNow('sizeNow', () => nodeFileSystem.sizeNow(path));
  }

  removeNow(path: string): void {
    this.#callNow('removeNow', () => {
      nodeFileSystem.removeNow(path);
      this.#now.delete(path);
    });
  }

  readInto(path: string, memory: Uint8Array): Promise<number> {
    return this.#call('read', () => nodeFileSystem.readInto(path, memory));
  }

  read(path: string, length: number): Promise<Uint8Array> {
    return this.#call('read', () => nodeFileSystem.read(path, length));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#call('list', () => nodeFileSystem.list(path));
  }

  lookNow(path: string): FileInfo | undefined {
    return this.#callNow('lookNow', () => nodeFileSystem.lookNow(path));
  }

  removeFolder(path: string): Promise<void> {
    return this.#call('removeFolder', () => nodeFileSystem.removeFolder(path));
  }

  space(path: string): Promise<number> {
    return this.#call('space', () => nodeFileSystem.space(path));
  }

  kind(path: string): Promise<number> {
    return this.#call('kind', () => nodeFileSystem.kind(path));
  }

  async #call<T>(name: string, run: () => Promise<T>): Promise<T> {
    const fault = this.#struck(name);
    if (fault === undefined) return run();
    this.#striking = true;
    try {
      // A call that fails by itself fails with the injected error all the same.
      if (fault.moment === 'after') await run().catch(() => undefined);
    } finally {
      this.#striking = false;
    }
    throw injected(fault.code, name);
  }

  #callNow<T>(name: string, run: () => T): T {
    const fault = this.#struck(name);
    if (fault === undefined) return run();
    if (fault.moment === 'after') run();
    throw injected(fault.code, name);
  }

  /** The fault, where this is the call that it was armed for. */
  #struck(name: string): { readonly code: string; readonly moment: FaultMoment } | undefined {
    this.calls.push(name);
    const fault = this.#fault;
    if (fault === undefined || fault.at-- > 0) return undefined;
    this.#fault = undefined;
    return fault;
  }

  #node(synced: boolean): Node {
    const node = { synced, syncs: 0 };
    this.#all.push(node);
    return node;
  }
}

function injected(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: injected into ${syscall}`), { code, syscall });
}
