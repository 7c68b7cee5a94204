import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from './record.js';

/** A change of a file's bytes. */
type Change = { readonly offset: number; readonly data: Uint8Array } | { readonly size: number };

/** The bytes of a file as they were last synced, and what came since. */
class File {
  durable: Uint8Array = new Uint8Array();
  pending: Change[] = [];

  sync(): void {
    this.durable = this.pending.reduce(changed, this.durable);
    this.pending = [];
  }
}

/** The names in a folder: as they are, as they were when it was last synced, and what came since. */
class Folder {
  readonly now: Map<string, File | Folder> = new Map();
  durable: ReadonlyMap<string, File | Folder> = new Map();
  pending: (readonly [name: string, to: File | Folder | null])[] = [];

  set(name: string, to: File | Folder | null): void {
    named(this.now, [name, to]);
    this.pending.push([name, to]);
  }

  sync(): void {
    this.durable = new Map(this.now);
    this.pending = [];
  }
}

/** Says what of the changes that were not synced has reached the disk all the same. */
export interface Luck {
  /** Whether this change has. */
  survives(): boolean;
  /** How many of the bytes of a write have: it may be cut off between two sectors. */
  torn(bytes: number): number;
}

/** All of it: what a process leaves that is killed. */
export const everything: Luck = { survives: () => true, torn: (bytes) => bytes };
/** Nothing of it: the worst that a file system may do. */
export const nothing: Luck = { survives: () => false, torn: () => 0 };

/**
 * A disk behind a file system that promises no more than POSIX: bytes are durable once their file is synced, and names once their folder is, whatever
 * happened to the other. Rename puts the new name in place at once, but after a power loss the old one may be there too, or neither.
 */
export class Disk {
  readonly #root = new Folder();
  readonly #files = new Map<number, File>();

  apply(operation: Operation): void {
    switch (operation.op) {
      case 'create': {
        const file = new File();
        this.#files.set(operation.file, file);
        this.#parent(operation.path).set(nameOf(operation.path), file);
        return;
      }
      case 'write':
        this.#file(operation.file).pending.push(operation);
        return;
      case 'truncate':
        this.#file(operation.file).pending.push({ size: operation.size });
        return;
      case 'sync':
        this.#file(operation.file).sync();
        return;
      case 'rename': {
        const moved = this.#parent(operation.path).now.get(nameOf(operation.path)) ?? null;
        this.#parent(operation.to).set(nameOf(operation.to), moved);
        this.#parent(operation.path).set(nameOf(operation.path), null);
        return;
      }
      case 'mkdir':
        this.#parent(operation.path).set(nameOf(operation.path), new Folder());
        return;
      case 'unlink':
        this.#parent(operation.path).set(nameOf(operation.path), null);
        return;
      case 'syncFolder':
        this.#folder(operation.path).sync();
        return;
      case 'said':
    }
  }

  /** Whether anything waits to be synced. */
  get unsynced(): boolean {
    return [...this.#files.values()].some(({ pending }) => pending.length > 0) || waits(this.#root);
  }

  /** Writes what the disk holds after the power has gone now. */
  image(target: string, luck: Luck): void {
    // A file can have two names.
    const contents = new Map<File, Uint8Array>();
    const bytesOf = (file: File): Uint8Array => {
      const known = contents.get(file) ?? survivors(file, luck);
      contents.set(file, known);
      return known;
    };
    const write = (folder: Folder, path: string): void => {
      mkdirSync(path, { recursive: true });
      const names = new Map(folder.durable);
      for (const change of folder.pending) if (luck.survives()) named(names, change);
      for (const [name, to] of names) {
        if (to instanceof Folder) write(to, join(path, name));
        else writeFileSync(join(path, name), bytesOf(to));
      }
    };
    write(this.#root, target);
  }

  #file(number: number): File {
    const file = this.#files.get(number);
    if (file === undefined) throw new Error(`The record names a file ${number} that was not made.`);
    return file;
  }

  #parent(path: string): Folder {
    return this.#folder(path.slice(0, path.lastIndexOf('/')));
  }

  #folder(path: string): Folder {
    let folder: Folder = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const next = folder.now.get(name);
      if (!(next instanceof Folder)) throw new Error(`The record names a folder ${path} that was not made.`);
      folder = next;
    }
    return folder;
  }
}

function survivors({ durable, pending }: File, luck: Luck): Uint8Array {
  return pending.reduce((bytes, change) => {
    if (!luck.survives()) return bytes;
    if ('size' in change) return changed(bytes, change);
    return changed(bytes, { offset: change.offset, data: change.data.subarray(0, luck.torn(change.data.byteLength)) });
  }, durable);
}

function changed(bytes: Uint8Array, change: Change): Uint8Array {
  const size = 'size' in change ? change.size : Math.max(bytes.byteLength, change.offset + change.data.byteLength);
  const next = new Uint8Array(size);
  next.set(bytes.subarray(0, size));
  if ('data' in change) next.set(change.data, change.offset);
  return next;
}

function named(names: Map<string, File | Folder>, [name, to]: readonly [string, File | Folder | null]): void {
  if (to === null) names.delete(name);
  else names.set(name, to);
}

function waits(folder: Folder): boolean {
  return folder.pending.length > 0 || [...folder.now.values()].some((each) => each instanceof Folder && waits(each));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
