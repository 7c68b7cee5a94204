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
    const own = this.#row(fingerprint);
    if (own !== undefined) return this.read(own, fingerprint);
    const sql = 'SELECT record FROM aliases WHERE fingerprint = ?';
    const alias = this.#database.get<{ record: Fingerprint }>(sql, fingerprint);
    const record = alias?.record ?? fingerprint;
    return this.#isNamed(record) ? this.#database.read(() => this.#named(record)) : undefined;
  }

  /** The fingerprints of a series, by creation. */
  inSeries(series: Fingerprint): readonly Fingerprint[] {
    const sql = 'SELECT fingerprint FROM op_records WHERE series = ? ORDER BY rowid';
    return this.#database.all<Pick<RecordRow, 'fingerprint'>>(sql, series).map(({ fingerprint }) => fingerprint);
  }

  /** Leaves a record that is there as it is, unless it was set aside for this one. */
  add(record: OpRecord, replaces: boolean = false): void {
    const body = bodyOf(record);
    this.#database.run(
      `INSERT INTO op_records (fingerprint, series, state_before, state_after, checksum, body)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO ${
         replaces
           ? `UPDATE SET series = excluded.series, state_before = excluded.state_before, state_after = excluded.state_after,
              checksum = excluded.checksum, body = excluded.body`
           : 'NOTHING'
       }`,
      record.fingerprint,
      record.series,
      record.stateBefore,
      record.stateAfter,
      this.#hasher.digest(body),
      body,
    );
  }

  /** Files a record under another fingerprint, with the calls and tags that name it. Its own is then free for another one; aliases stay with that. */
  setAside(fingerprint: Fingerprint, aside: Fingerprint): void {
    const row = this.#row(fingerprint);
    if (row === undefined) return;
    this.add({ ...detailsOf(this.read(row, fingerprint)), fingerprint: aside });
    this.#database.run('UPDATE op_log SET record = ? WHERE record = ?', aside, fingerprint);
    this.#database.run('UPDATE tags SET record = ? WHERE record = ?', aside, fingerprint);
  }

  /** Puts the body of a record back, as another copy of it has it. False where it isn't that record's. */
  heal(fingerprint: Fingerprint, series: Fingerprint | null, body: Uint8Array): boolean {
    const record = recordOf(body, series);
    if (record.fingerprint !== fingerprint) return false;
    const { stateBefore, stateAfter } = record;
    const sql = `UPDATE op_records SET series = ?, state_before = ?, state_after = ?, checksum = ?, body = ? WHERE fingerprint = ?`;
    const checksum = this.#hasher.digest(body);
    return this.#database.run(sql, record.series, stateBefore, stateAfter, checksum, body, fingerprint).changes > 0;
  }

  /**
   * What a row holds.
   * @param asked a damaged index leads to another record's row
   * @throws StoreError `STORE_CORRUPT`
   */
  read({ fingerprint, series, checksum, body }: RecordRow, asked: Fingerprint = fingerprint): OpRecord {
    // A flipped bit can make it a text, or nothing.
    const found = body instanceof Uint8Array ? this.#hasher.digest(body) : typeof body;
    if (found === checksum) {
      const record = recordOf(body, series);
      if (record.fingerprint === asked && fingerprint === asked && record.series === series) return record;
    }
    throw this.#damaged(asked, checksum, found);
  }

  #isNamed(record: Fingerprint): boolean {
    const sql = 'SELECT 1 FROM op_log WHERE record = ? UNION ALL SELECT 1 FROM aliases WHERE record = ?';
    return this.#database.get(sql, record, record) !== undefined;
  }

  /** A record that a call or an alias names has a row. One that none leads to is hidden by a damaged index. */
  #named(record: Fingerprint): OpRecord | undefined {
    const row = this.#row(record);
    if (row !== undefined) return this.read(row, record);
    if (this.#isNamed(record)) throw this.#damaged(record, 'a row', 'none');
    return undefined;
  }

  #damaged(record: Fingerprint, expected: string, found: string): StoreError {
    const { path } = this.#database;
    return new StoreError(
      'STORE_CORRUPT',
      `The record ${record} in ${path} is damaged: its bytes are not those that were written. They were not used. ` +
        'Run `npx reprise repair`: what it can not bring back, the script computes again.',
      { subject: record, path, expected, found },
    );
  }

  #row(fingerprint: Fingerprint): RecordRow | undefined {
    return this.#database.get<RecordRow>(`SELECT ${recordColumns} FROM op_records WHERE fingerprint = ?`, fingerprint);
  }
}

/** The fields in a fixed order; what only explains is encoded apart, and read when somebody asks. */
export function bodyOf(record: OpRecord): Uint8Array {
  const { fingerprint, kind, stateBefore, stateAfter, summary, result, lines, cost, createdAt, series } = record;
  const details = encode([record.fields, record.observed, record.provenance]);
  return encode([fingerprint, kind, stateBefore, stateAfter, summary, result, lines, cost, createdAt, details, series]);
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
  /** Absent in what was recorded before schema 3. */
  series?: OpRecord['series'],
];

/** Read whole: a copy of it would leave out what is read later. */
function detailsOf(record: OpRecord): OpRecord {
  const { fields, observed, provenance } = record;
  return { ...record, fields, observed, provenance };
}

type Details = readonly [
  fields: OpRecord['fields'],
  observed: OpRecord['observed'],
  provenance: OpRecord['provenance'],
];

/** What the bytes of a body say, and its row where they don't. They have been verified. */
export function recordOf(body: Uint8Array, ofRow: Fingerprint | null): OpRecord {
  const [fingerprint, kind, stateBefore, stateAfter, summary, result, lines, cost, createdAt, bytes, series = ofRow] =
    decodeVerified(body) as unknown as Body;
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
