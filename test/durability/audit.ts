import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, type Hasher } from '@reprise/core';
import { createHasher } from '@reprise/store';
import { betterSqlite3 } from '../../packages/store/src/database/better-sqlite3.js';
import type { DriverConnection } from '../../packages/store/src/database/driver.js';
import { nodeSqlite } from '../../packages/store/src/database/node-sqlite.js';
import { chooseDriver } from '../../packages/store/src/database/open-database.js';

/** Something that must never be found in a store, whatever happened to the processes that wrote to it. */
export interface Problem {
  readonly kind: 'duplicated' | 'dangling' | 'database';
  readonly what: string;
}

/** What a store's folder holds. */
export interface Audit {
  readonly problems: readonly Problem[];
  /** The fingerprint at each live place, and of each tag. */
  readonly live: ReadonlyMap<string, string>;
  /** Places that have an op which another one took the place of. */
  readonly superseded: readonly string[];
}

const empty: Audit = { problems: [], live: new Map(), superseded: [] };

let hasher: Hasher | undefined;

/**
 * Looks at a store from outside, without the code that is under test: its tables as SQLite has them, and its files. Each row must be whole, and
 * every blob that has a row must lie there with its size and digest. Other processes may be writing.
 */
export function audit(folder: string): Audit {
  const path = join(folder, 'log.db');
  if (!existsSync(path)) return empty;
  const database = chooseDriver([betterSqlite3, nodeSqlite]).open(path);
  try {
    database.exec('PRAGMA busy_timeout = 5000');
    return audited(folder, database);
  } catch (error) {
    return { ...empty, problems: [{ kind: 'database', what: String(error) }] };
  } finally {
    database.close();
  }
}

function audited(folder: string, database: DriverConnection): Audit {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- who writes the query knows its columns
  const all = <Row>(sql: string): readonly Row[] => database.prepare(sql).all() as Row[];
  const made = all<{ name: string }>("SELECT name FROM sqlite_schema WHERE name = 'op_log'");
  if (made.length === 0) return empty;
  hasher ??= createHasher();
  const { digest } = hasher;
  const problems: Problem[] = [];
  const found = (kind: Problem['kind'], what: string): void => void problems.push({ kind, what });

  // One state of the tables. Blobs that go bad after it are looked at again below.
  database.exec('BEGIN');
  for (const { integrity_check: said } of all<{ integrity_check: string }>('PRAGMA integrity_check')) {
    if (said !== 'ok') found('database', said);
  }
  for (const row of all<object>('PRAGMA foreign_key_check')) found('dangling', JSON.stringify(row));
  const place = 'model, checkpoint, lane, kind, name, occurrence';
  const rows = all<{ place: string; record: string; status: string }>(
    `SELECT concat_ws('/', ${place}) AS place, record, status FROM op_log`,
  );
  const live = new Map<string, string>();
  for (const row of rows) {
    if (row.status !== 'live') continue;
    if (live.has(row.place)) found('duplicated', row.place);
    live.set(row.place, row.record);
  }
  const superseded = rows.filter(({ status }) => status !== 'live').map((row) => row.place);
  const tags = all<{ place: string; record: string }>(
    "SELECT concat_ws('/', model, 'tag', name) AS place, record FROM tags",
  );
  for (const { place: tag, record } of tags) live.set(tag, record);
  for (const table of ['op_records', 'snapshots']) {
    for (const row of all<{ checksum: string; body: Uint8Array }>(`SELECT checksum, body FROM ${table}`)) {
      if (digest(row.body) !== row.checksum) found('database', `a row of ${table} has other bytes than were written`);
    }
  }
  const blobs = all<BlobRow>('SELECT digest, size, damaged FROM blobs');
  const states = all<{ digest: string }>('SELECT digest FROM states');
  const named = all<{ state: string; blob: string }>('SELECT state, blob FROM state_blobs');
  database.exec('COMMIT');

  const still = database.prepare('SELECT digest, size, damaged FROM blobs WHERE digest = ?');
  const contents = new Map<string, Uint8Array>();
  for (const row of blobs) {
    const bad = wrongWith(folder, row, contents, digest);
    // Collected meanwhile, which takes the row first.
    if (bad === undefined || still.get(row.digest) === undefined) continue;
    found('dangling', `${row.digest}: ${bad}`);
  }
  const of = new Map<string, Set<string>>(states.map(({ digest: state }) => [state, new Set()]));
  for (const { state, blob } of named) of.get(state)?.add(blob);
  for (const [state, rowsOf] of of) {
    const manifest = contents.get(state);
    if (manifest === undefined) continue;
    for (const blob of blobsNamedIn(decode(manifest))) {
      if (!rowsOf.has(blob)) found('dangling', `state ${state} names ${blob}, and has no row that says so`);
    }
  }
  return { problems, live, superseded };
}

interface BlobRow {
  readonly digest: string;
  readonly size: number;
  readonly damaged: number;
}

function wrongWith(
  folder: string,
  { digest, size, damaged }: BlobRow,
  contents: Map<string, Uint8Array>,
  digestOf: Hasher['digest'],
): string | undefined {
  if (damaged !== 0) return 'marked as damaged';
  const hex = digest.slice(digest.indexOf('-') + 1);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(join(folder, 'blobs', hex.slice(0, 2), hex));
  } catch (error) {
    return String(error);
  }
  if (bytes.byteLength !== size) return `${bytes.byteLength} bytes, not ${size}`;
  if (digestOf(bytes) !== digest) return 'other bytes';
  contents.set(digest, bytes);
  return undefined;
}

/** The digests of tensors' parts, wherever they are in a manifest. */
function* blobsNamedIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const [name, part] of Object.entries(value)) {
    if (name === 'parts' && Array.isArray(part)) yield* part.map(String);
    else yield* blobsNamedIn(part);
  }
}
