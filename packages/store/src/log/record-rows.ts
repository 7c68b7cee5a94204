import { StoreError, decodeVerified, encode } from '@reprise/core';
import type { Digest, Fingerprint, Hasher, OpRecord } from '@reprise/core';
import type { Database } from '../database/database.js';

/** A record as it lies in its table. */
export interface RecordRow {
  readonly fingerprint: Fingerprint;
  readonly series: Fingerprint | null;
  readonly checksum: Digest;
  readonly body: Uint8Array;
}

export const recordColumns = 'fingerprint, series, checksum, body';

/** Op records, one row each, verified when they are read. */
export class RecordRows {
  readonly #database: Database;
  readonly #hasher: Hasher;

  constructor(database: Database, hasher: Hasher) {
    this.#database = database;
    this.#hasher = hasher;
  }

  /** The record of this fingerprint, else the one that an alias leads to. @throws StoreError `STORE_CORRUPT` */
  find(fingerprint: Fingerprint): OpRecord | undefined {
    const row =
      this.#database.get<RecordRow>(`SELECT ${recordColumns} FROM op_records WHERE fingerprint = ?`, fingerprint) ??
      this.#database.get<RecordRow>(
        `SELECT ${recordColumns} FROM op_records
         WHERE fingerprint = (SELECT record FROM aliases WHERE fingerprint = ?)`,
        fingerprint,
      );
    return row === undefined ? undefined : this.read(row);
  }

  series(series: Fingerprint): readonly OpRecord[] {
    const sql = `SELECT ${recordColumns} FROM op_records WHERE series = ? ORDER BY rowid`;
    return this.#database.all<RecordRow>(sql, series).map((row) => this.read(row));
  }

  /** Leaves a record that is there as it is. */
  add(record: OpRecord): void {
    const body = bodyOf(record);
    this.#database.run(
      `INSERT INTO op_records (fingerprint, series, state_before, state_after, checksum, body)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO NOTHING`,
      record.fingerprint,
      record.series,
      record.stateBefore,
      record.stateAfter,
      this.#hasher.digest(body),
      body,
    );
  }

  /** What a row holds. @throws StoreError `STORE_CORRUPT` */
  read({ fingerprint, series, checksum, body }: RecordRow): OpRecord {
    const found = this.#hasher.digest(body);
    if (found === checksum) {
      const record = recordOf(body, series);
      if (record.fingerprint === fingerprint) return record;
    }
    const { path } = this.#database;
    throw new StoreError(
      'STORE_CORRUPT',
      `The record ${fingerprint} in ${path} is damaged: its bytes are not those that were written. They were not used. ` +
        'Put back a copy of the folder, or delete the checkpoint that it belongs to and run the script again.',
      { subject: fingerprint, path, expected: checksum, found },
    );
  }
}

/** The fields in a fixed order; what only explains is encoded apart, and read when somebody asks. */
function bodyOf(record: OpRecord): Uint8Array {
  const { fingerprint, kind, stateBefore, stateAfter, summary, result, lines, cost, createdAt } = record;
  const details = encode([record.fields, record.observed, record.provenance]);
  return encode([fingerprint, kind, stateBefore, stateAfter, summary, result, lines, cost, createdAt, details]);
}

type Body = readonly [
  fingerprint: OpRecord['fingerprint'],
  kind: OpRecord['kind'],
  stateBefore: OpRecord['stateBefore'],
  stateAfter: OpRecord['stateAfter'],
  summary: OpRecord['summary'],
  result: OpRecord['result'],
  lines: OpRecord['lines'],
  cost: OpRecord['cost'],
  createdAt: OpRecord['createdAt'],
  details: Uint8Array,
];

type Details = readonly [
  fields: OpRecord['fields'],
  observed: OpRecord['observed'],
  provenance: OpRecord['provenance'],
];

function recordOf(body: Uint8Array, series: Fingerprint | null): OpRecord {
  const [fingerprint, kind, stateBefore, stateAfter, summary, result, lines, cost, createdAt, bytes] = decodeVerified(
    body,
  ) as unknown as Body;
  let read: Details | undefined;
  const details = (): Details => (read ??= decodeVerified(bytes) as unknown as Details);
  return {
    fingerprint,
    kind,
    series,
    stateBefore,
    stateAfter,
    summary,
    result,
    lines,
    cost,
    createdAt,
    get fields() {
      return details()[0];
    },
    get observed() {
      return details()[1];
    },
    get provenance() {
      return details()[2];
    },
  };
}
