import { StoreError } from '@reprise/core';
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
  async add(digest: Digest, size: number, publish: () => Promise<void>): Promise<void> {
    let recorded: Promise<void> | undefined;
    this.#publishing += 1;
    try {
      await publish();
      recorded = new Promise((resolve, reject) => this.#waiting.push({ digest, size, resolve, reject }));
    } finally {
      this.#publishing -= 1;
      this.#schedule();
    }
    await recorded;
  }

  damage(digest: Digest): void {
    this.#database.run('UPDATE blobs SET damaged = 1 WHERE digest = ?', digest);
  }

  /** @throws StoreError `DANGLING_REFERENCE` where a state is, or names, the blob. */
  delete(digest: Digest): boolean {
    return this.#database.write(() => {
      const used = 'SELECT 1 FROM states WHERE digest = ? UNION ALL SELECT 1 FROM state_blobs WHERE blob = ?';
      if (this.#database.get(used, digest, digest) !== undefined) throw stillNamed(digest, this.#database.path);
      return this.#database.run('DELETE FROM blobs WHERE digest = ?', digest).changes > 0;
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
