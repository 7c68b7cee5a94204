import { StoreError } from '@reprise/core';
import type { Digest } from '@reprise/core';
import type { Database } from '../database/database.js';

export interface BlobRow {
  readonly digest: Digest;
  readonly size: number;
  /** 1 where a reader met missing or wrong bytes. */
  readonly damaged: number;
}

/** A blob's file, asked inside a transaction, so that no other process adds or deletes its row meanwhile. */
export interface BlobFile {
  /** Its bytes; undefined where there is none. */
  sizeNow(): number | undefined;
  removeNow(): void;
}

interface Waiting {
  readonly digest: Digest;
  readonly size: number;
  readonly file: BlobFile;
  /** Told whether the row was written. It isn't where another process deleted the blob after its file was published. */
  readonly resolve: (written: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows that are committed although writes are still under way. */
const mostWaiting = 64;
const page = 1000;

/** Which blobs are durable. Their rows are committed in groups. */
export class BlobRows {
  readonly #database: Database;
  #waiting: Waiting[] = [];
  #publishing = 0;
  #scheduled = false;

  constructor(database: Database) {
    this.#database = database;
  }

  find(digest: Digest): BlobRow | undefined {
    return this.#database.get<BlobRow>('SELECT digest, size, damaged FROM blobs WHERE digest = ?', digest);
  }

  /**
   * Runs `publish`, which makes the bytes of a digest durable, then records that they are. Rows wait for the writes that overlap with
   * theirs, and are committed together: a commit costs about as much as a small file.
   */
  async add(digest: Digest, size: number, file: BlobFile, publish: () => Promise<void>): Promise<void> {
    for (;;) {
      let written: Promise<boolean>;
      this.#publishing += 1;
      try {
        await publish();
        written = new Promise((resolve, reject) => this.#waiting.push({ digest, size, file, resolve, reject }));
      } finally {
        this.#publishing -= 1;
        this.#schedule();
      }
      if (await written) return;
    }
  }

  damage(digest: Digest): void {
    this.#database.run('UPDATE blobs SET damaged = 1 WHERE digest = ?', digest);
  }

  /** Deletes the row and the file, in one transaction. @throws StoreError `DANGLING_REFERENCE` where a state is, or names, the blob. */
  delete(digest: Digest, file: BlobFile): boolean {
    return this.#database.write(() => {
      const used = 'SELECT 1 FROM states WHERE digest = ? UNION ALL SELECT 1 FROM state_blobs WHERE blob = ?';
      if (this.#database.get(used, digest, digest) !== undefined) throw stillNamed(digest, this.#database.path);
      if (this.#database.run('DELETE FROM blobs WHERE digest = ?', digest).changes === 0) return false;
      file.removeNow();
      return true;
    });
  }

  *list(): Generator<BlobRow> {
    for (let after = ''; ;) {
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

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    if (this.#publishing > 0 && this.#waiting.length < mostWaiting) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const rows = this.#waiting;
    this.#waiting = [];
    const written = new Set<Waiting>();
    try {
      this.#database.write(() => {
        for (const row of rows) {
          const { digest, size, file } = row;
          if (file.sizeNow() !== size) continue;
          written.add(row);
          this.#database.run(
            `INSERT INTO blobs (digest, size) VALUES (?, ?)
             ON CONFLICT (digest) DO UPDATE SET size = excluded.size, damaged = 0`,
            digest,
            size,
          );
        }
      });
      for (const row of rows) row.resolve(written.has(row));
    } catch (error) {
      for (const { reject } of rows) reject(error);
    }
  }
}

function stillNamed(digest: Digest, path: string): StoreError {
  const next = 'Delete the checkpoints that lead to the state first.';
  return new StoreError(
    'DANGLING_REFERENCE',
    `The blob ${digest} belongs to a recorded state, so it was not deleted. ${next}`,
    {
      subject: digest,
      path,
    },
  );
}
