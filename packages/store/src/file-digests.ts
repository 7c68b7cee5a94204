import type { Digest, FileDigests, FileIdentity } from '@reprise/core';
import type { Database } from './database/database.js';

/** Digests of files that were read before, one row a path. */
export class SqliteFileDigests implements FileDigests {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(files: readonly FileIdentity[]): Promise<readonly (Digest | undefined)[]> {
    const find = 'SELECT digest FROM files WHERE path = ? AND size = ? AND mtime = ? AND inode = ?';
    return this.#database.read(() =>
      files.map(
        ({ path, size, mtime, inode }) =>
          this.#database.get<{ digest: Digest }>(find, path, size, mtime, signed(inode))?.digest,
      ),
    );
  }

  async set(files: readonly (FileIdentity & { readonly digest: Digest })[]): Promise<void> {
    this.#database.write(() => {
      for (const { path, size, mtime, inode, digest } of files) {
        this.#database.run(
          'INSERT OR REPLACE INTO files (path, size, mtime, inode, digest) VALUES (?, ?, ?, ?, ?)',
          path,
          size,
          mtime,
          signed(inode),
          digest,
        );
      }
    });
  }
}

/** SQLite's integers are signed; some file systems use all 64 bits of an inode's number. */
function signed(inode: bigint): bigint {
  return BigInt.asIntN(64, inode);
}
