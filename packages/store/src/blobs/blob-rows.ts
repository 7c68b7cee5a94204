import type { Digest } from '@reprise/core';
import type { Database } from '../database/database.js';

export interface BlobRow {
  readonly digest: Digest;
  readonly size: number;
  /** 1 where a reader met missing or wrong bytes. */
  readonly damaged: number;
}

interface Waiting {
  readonly digest: Digest;
  readonly size: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const page = 1000;

/** Which blobs are durable. Rows that are added at about the same time are committed together. */
export class BlobRows {
  readonly #database: Database;
  #waiting: Waiting[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  find(digest: Digest): BlobRow | undefined {
    return this.#database.get<BlobRow>('SELECT digest, size, damaged FROM blobs WHERE digest = ?', digest);
  }

  /** Records that the bytes of a digest are durable, as they must be by now. */
  add(digest: Digest, size: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ digest, size, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  damage(digest: Digest): void {
    this.#database.run('UPDATE blobs SET damaged = 1 WHERE digest = ?', digest);
  }

  delete(digest: Digest): boolean {
    return this.#database.run('DELETE FROM blobs WHERE digest = ?', digest).changes > 0;
  }

  *list(): Generator<BlobRow> {
    for (let after = ''; ; ) {
      const rows = this.#database.all<BlobRow>(
        'SELECT digest, size, damaged FROM blobs WHERE digest > ? ORDER BY digest LIMIT ?',
        after,
        page,
      );
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < page) return;
      after = last.digest;
    }
  }

  #flush(): void {
    const rows = this.#waiting;
    this.#waiting = [];
    try {
      this.#database.write(() => {
        for (const { digest, size } of rows) {
          this.#database.run(
            `INSERT INTO blobs (digest, size) VALUES (?, ?)
             ON CONFLICT (digest) DO UPDATE SET size = excluded.size, damaged = 0`,
            digest,
            size,
          );
        }
      });
      for (const { resolve } of rows) resolve();
    } catch (error) {
      for (const { reject } of rows) reject(error);
    }
  }
}
