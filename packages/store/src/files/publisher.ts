import { dirname, join } from 'node:path';
import type { FileSystem } from './file-system.js';
import { FolderSync } from './folder-sync.js';

/** Puts whole files in place: a reader, and a machine that comes up again, sees the old file or the new one, never a part. */
export class Publisher {
  readonly #fs: FileSystem;
  readonly #temporary: string;
  readonly #owner: string;
  readonly #folders: FolderSync;
  readonly #made = new Map<string, Promise<void>>();
  #count = 0;

  /** @param owner begins the names of its files in the folder `temporary` */
  constructor(fs: FileSystem, temporary: string, owner: string) {
    this.#fs = fs;
    this.#temporary = temporary;
    this.#owner = owner;
    this.#folders = new FolderSync((folder) => fs.syncFolder(folder));
  }

  /**
   * Writes a file and returns when it is durable: temporary file, write, fsync, rename, fsync of the folder.
   * After a failure before the rename nothing is left. After a failed fsync of the folder the file may be there and yet be lost
   * with the power, so its being there proves nothing; it is left, since another process may have published the same.
   */
  async publish(target: string, bytes: Uint8Array): Promise<void> {
    const temporary = this.temporaryName();
    try {
      await this.#write(temporary, bytes);
      await this.#fs.rename(temporary, target);
    } catch (error) {
      // What can't be removed is named by its owner, for whoever cleans up later.
      await this.#fs.remove(temporary).catch(() => undefined);
      throw error;
    }
    await this.#folders.sync(dirname(target));
  }

  /**
   * Makes a folder, durably. Its parent is synced once a process even where the folder is there: whoever made it may not have got that far.
   */
  folder(path: string): Promise<void> {
    let made = this.#made.get(path);
    if (made === undefined) {
      made = this.#fs.makeFolder(path).then(() => this.#folders.sync(dirname(path)));
      made.catch(() => this.#made.delete(path));
      this.#made.set(path, made);
    }
    return made;
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#fs.create(path);
    try {
      await file.write(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Where a file can be written before it is put in place. Nobody else's, ever: a failed write may remove it unseen. */
  temporaryName(): string {
    this.#count += 1;
    return join(this.#temporary, `${this.#owner}-${this.#count}`);
  }
}
