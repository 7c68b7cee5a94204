import { join } from 'node:path';
import { refuse } from '@reprise/core';
import type { Digest } from '@reprise/core';
import { blobPath, layoutOf } from '../layout.js';
import type { UpkeepParts } from './parts.js';

/** Bytes from elsewhere. */
export interface Found {
  readonly bytes: Uint8Array;
  readonly from: string;
}

/** Folders in which identical bytes may be: other stores, where a blob's place is known, and folders of any files. */
export class RepairSources {
  readonly #parts: Pick<UpkeepParts, 'fileSystem' | 'hasher'>;
  readonly #folders: readonly string[];
  /** Files by their size; made when a blob is not at its place. */
  #bySize: Map<number, string[]> | undefined;

  constructor(parts: Pick<UpkeepParts, 'fileSystem' | 'hasher'>, folders: readonly string[]) {
    this.#parts = parts;
    this.#folders = folders;
  }

  /** @throws OptionError where a folder isn't there */
  check(): void {
    for (const folder of this.#folders) {
      if (this.#parts.fileSystem.lookNow(folder)?.isFolder === true) continue;
      refuse('repair()', 'from', 'folders that are there', folder);
    }
  }

  /** Bytes of this digest; every candidate is hashed. */
  async find(digest: Digest, size: number): Promise<Found | undefined> {
    const places = this.#folders.map((folder) => blobPath(layoutOf(folder), digest).file);
    for (const path of places) {
      const bytes = await this.#read(path, digest);
      if (bytes !== undefined) return { bytes, from: path };
    }
    for (const path of size > 0 && this.#folders.length > 0 ? await this.#ofSize(size) : []) {
      const bytes = await this.#read(path, digest);
      if (bytes !== undefined) return { bytes, from: path };
    }
    return undefined;
  }

  async #read(path: string, digest: Digest): Promise<Uint8Array | undefined> {
    const { fileSystem, hasher } = this.#parts;
    const info = fileSystem.lookNow(path);
    if (info === undefined || info.isFolder) return undefined;
    const bytes = await fileSystem.read(path, info.size);
    return hasher.digest(bytes) === digest ? bytes : undefined;
  }

  async #ofSize(size: number): Promise<readonly string[]> {
    if (this.#bySize === undefined) {
      this.#bySize = new Map();
      for (const folder of this.#folders) await this.#scan(folder, this.#bySize);
    }
    return this.#bySize.get(size) ?? [];
  }

  async #scan(folder: string, found: Map<number, string[]>): Promise<void> {
    const { fileSystem } = this.#parts;
    for (const name of await fileSystem.list(folder)) {
      const path = join(folder, name);
      const info = fileSystem.lookNow(path);
      if (info?.isFolder === true) await this.#scan(path, found);
      else if (info !== undefined) found.set(info.size, [...(found.get(info.size) ?? []), path]);
    }
  }
}
