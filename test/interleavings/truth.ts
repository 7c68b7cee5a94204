import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DriverConnection, Statement } from '../../packages/store/src/database/driver.js';
import { blobPath, layoutOf } from '../../packages/store/src/layout.js';
import { driver } from '../../packages/store/test/checking-driver.js';

/** Blobs that something recorded needs: a state that a call led to, with all that it names, and the call once more. */
const needed = `
  SELECT state AS digest FROM (SELECT state_after AS state FROM op_records WHERE fingerprint IN (SELECT record FROM op_log)) WHERE state IS NOT NULL
  UNION
  SELECT blob FROM op_log WHERE blob IS NOT NULL
  UNION
  SELECT blob FROM state_blobs WHERE state IN (SELECT state_after FROM op_records WHERE fingerprint IN (SELECT record FROM op_log))`;

interface Row {
  readonly digest: string;
  readonly size: number | null;
}

/** Looks at a store from outside: what must be there at every moment. */
export class Truth {
  readonly #folder: string;
  readonly #connection: DriverConnection;
  readonly #needed: Statement;
  readonly #rows: Statement;

  constructor(folder: string) {
    this.#folder = folder;
    this.#connection = driver.open(join(folder, 'log.db'));
    this.#needed = this.#connection.prepare(
      `SELECT needed.digest, size FROM (${needed}) AS needed LEFT JOIN blobs ON blobs.digest = needed.digest`,
    );
    this.#rows = this.#connection.prepare('SELECT digest, size FROM blobs');
  }

  /** Needed blobs that are not there, whole and recorded. */
  missing(): readonly string[] {
    const rows = this.#needed.all() as Row[];
    return rows.filter((row) => !this.#isWhole(row)).map(({ digest }) => digest);
  }

  /** Rows without their file. */
  dangling(): readonly string[] {
    const rows = this.#rows.all() as Row[];
    return rows.filter((row) => !this.#isWhole(row)).map(({ digest }) => digest);
  }

  /** Files that nothing needs. */
  garbage(): readonly string[] {
    const kept = new Set((this.#needed.all() as Row[]).map(({ digest }) => this.#path(digest)));
    const files = ['blobs', 'tmp'].flatMap((top) =>
      readdirSync(join(this.#folder, top), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    );
    return files.filter((file) => !kept.has(file));
  }

  close(): void {
    this.#connection.close();
  }

  #isWhole({ digest, size }: Row): boolean {
    return size !== null && statSync(this.#path(digest), { throwIfNoEntry: false })?.size === size;
  }

  #path(digest: string): string {
    return blobPath(layoutOf(this.#folder), digest).file;
  }
}
