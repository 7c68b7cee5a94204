import { StoreError } from '@reprise/core';
import type { Digest } from '@reprise/core';
import type { Database } from '../database/database.js';
import type { Owner } from '../owners/owner.js';
import { isNamed } from './named.js';
import { pin, pinnedByOthers } from './pins.js';
import { type BlobFile, removeFiles } from './remove-files.js';

export interface BlobRow {
  readonly digest: Digest;
  readonly size: number;
  /** 1 where a reader met missing or wrong bytes. */
  readonly damaged: number;
}

interface Waiting {
  readonly digest: Digest;
  /** What was published; undefined where the row is expected to be there. */
  readonly published?: { readonly size: number; readonly file: BlobFile };
  /** Told whether the row is there and pinned. It isn't where another process deleted the blob after its file was published, or its row was seen. */
  readonly resolve: (pinned: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows that are committed although writes are still under way. */
const mostWaiting = 64;
const page = 1000;

/** Which blobs are durable. Their rows are committed in groups, with the pins of this owner. */
export class BlobRows {
  readonly #database: Database;
  readonly #owner: Owner;
  #waiting: Waiting[] = [];
  #publishing = 0;
  #scheduled = false;

  constructor(database: Database, owner: Owner) {
    this.#database = database;
    this.#owner = owner;
  }

  find(digest: Digest): BlobRow | undefined {
    return this.#database.get<BlobRow>('SELECT digest, size, damaged FROM blobs WHERE digest = ?', digest);
  }

  /**
   * Runs `publish`, which makes the bytes of a digest durable, then records that they are, and pins them. Rows wait for the writes that overlap with
   * theirs, and are committed together: a commit costs about as much as a small file.
   */
  async add(digest: Digest, size: number, file: BlobFile, publish: () => Promise<void>): Promise<void> {
    for (;;) {
      let written: Promise<boolean>;
      this.#publishing += 1;
      try {
        await publish();
        written = this.#wait(digest, { size, file });
      } finally {
        this.#publishing -= 1;
        this.#schedule();
      }
      if (await written) return;
    }
  }

  /** Marks a blob, unless `isStill` says by then that another process has deleted it and stored it anew meanwhile. */
  damage(digest: Digest, isStill: () => boolean): void {
    this.#database.write(() => {
      if (isStill()) this.#database.run('UPDATE blobs SET damaged = 1 WHERE digest = ?', digest);
    });
  }

  /** Pins what is recorded as durable. False where it isn't any more. */
  pin(digest: Digest): Promise<boolean> {
    const pinned = this.#wait(digest);
    this.#schedule();
    return pinned;
  }

  /**
   * Deletes the row, then the file. False where there is none, and where another writer in flight has it pinned.
   * @throws StoreError `DANGLING_REFERENCE` where a state is, or names, the blob, or a call keeps its record in it.
   */
  delete(digest: Digest, file: BlobFile): boolean {
    const deleted = this.#database.write(() => {
      if (isNamed(this.#database, digest)) throw stillNamed(digest, this.#database.path);
      if (pinnedByOthers(this.#database, this.#owner, digest)) return false;
      return this.#database.run('DELETE FROM blobs WHERE digest = ?', digest).changes > 0;
    });
    if (deleted) removeFiles(this.#database, [{ digest, file }]);
    return deleted;
  }

  /**
   * Deletes those that nothing names and no other writer has pinned: their rows in one transaction, then their files, one a turn of the event loop.
   * Returns how many.
   */
  async free(digests: readonly Digest[], fileOf: (digest: Digest) => BlobFile): Promise<number> {
    if (digests.length === 0) return 0;
    const gone = this.#database.write(() =>
      digests.filter((digest) => {
        if (isNamed(this.#database, digest) || pinnedByOthers(this.#database, this.#owner, digest)) return false;
        return this.#database.run('DELETE FROM blobs WHERE digest = ?', digest).changes > 0;
      }),
    );
    for (const digest of gone) {
      await new Promise((resolve) => setImmediate(resolve));
      removeFiles(this.#database, [{ digest, file: fileOf(digest) }]);
    }
    return gone.length;
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

  #wait(digest: Digest, published?: Waiting['published']): Promise<boolean> {
    return new Promise((resolve, reject) =>
      this.#waiting.push({ digest, ...(published === undefined ? {} : { published }), resolve, reject }),
    );
  }

  #flush(): void {
    this.#scheduled = false;
    const rows = this.#waiting;
    this.#waiting = [];
    const pinned = new Set<Waiting>();
    try {
      // What names them is committed later, and durably: the rows are then, too. Until then a file without a row is as good as none.
      this.#database.writeAhead(() => {
        this.#owner.beat(this.#database);
        for (const row of rows) {
          if (row.published === undefined ? !this.#isDurable(row.digest) : !this.#record(row.digest, row.published))
            continue;
          pin(this.#database, this.#owner.id, row.digest);
          pinned.add(row);
        }
      });
      for (const row of rows) row.resolve(pinned.has(row));
    } catch (error) {
      for (const { reject } of rows) reject(error);
    }
  }

  #isDurable(digest: Digest): boolean {
    return this.find(digest)?.damaged === 0;
  }

  #record(digest: Digest, { size, file }: NonNullable<Waiting['published']>): boolean {
    if (file.sizeNow() !== size) return false;
    this.#database.run(
      `INSERT INTO blobs (digest, size, stored_at) VALUES (?, ?, ?)
       ON CONFLICT (digest) DO UPDATE SET size = excluded.size, stored_at = excluded.stored_at, damaged = 0`,
      digest,
      size,
      this.#owner.now(),
    );
    return true;
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
