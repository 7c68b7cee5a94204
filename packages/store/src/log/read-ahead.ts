import type { Fingerprint, Place } from '@reprise/core';
import type { Database } from '../database/database.js';
import { type RecordRow, recordColumns } from './record-rows.js';
import { type EntryRow, livePlace, placeValues } from './rows.js';

/** A live entry and its record. */
export type MatchRow = RecordRow &
  Pick<EntryRow, 'id' | 'kind' | 'name' | 'occurrence' | 'position' | 'parent' | 'how' | 'origin' | 'created_at'>;

const columns = `id, kind, name, occurrence, position, parent, how, origin, created_at, ${recordColumns}`;
const joined = `SELECT ${columns} FROM op_log JOIN op_records ON fingerprint = record`;
const lane = `model = ? AND checkpoint = ? AND lane = ? AND status = 'live'`;

/** How many entries are read at a time once a lane is being replayed, and how large a record may be to be among them. */
const ahead = 64;
const largest = 16 * 1024;

/**
 * Finds live entries with their records. A script that replays asks for the entries of a lane one after another, so those that follow
 * two found ones are read with one query: a query costs several times what its rows do. What was read ahead is forgotten when
 * this connection writes; another one's writes can have superseded or deleted it since, but what a record says never changes.
 */
export class ReadAhead {
  readonly #database: Database;
  readonly #rows = new Map<string, MatchRow>();
  #lane = '';
  /** The position found last in this lane. */
  #last = -1;

  constructor(database: Database) {
    this.#database = database;
  }

  find(place: Place, fingerprint: Fingerprint): MatchRow | undefined {
    const of = [place.model, place.checkpoint, place.lane].join('\0');
    if (of !== this.#lane) {
      this.forget();
      this.#lane = of;
    }
    const key = keyOf(place);
    const known = this.#rows.get(key);
    if (known !== undefined) {
      this.#rows.delete(key);
      if (known.fingerprint !== fingerprint) return undefined;
      this.#last = known.position;
      return known;
    }
    const sql = `${joined} WHERE ${livePlace} AND record = ?`;
    const row = this.#database.get<MatchRow>(sql, ...placeValues(place), fingerprint);
    if (row !== undefined && row.position === this.#last + 1 && row.position > 0) this.#read(place, row.position);
    this.#last = row?.position ?? -1;
    return row;
  }

  /** To be called before every write. */
  forget(): void {
    this.#rows.clear();
    this.#last = -1;
    this.#lane = '';
  }

  #read({ model, checkpoint, lane: name }: Place, from: number): void {
    const rows = this.#database.all<MatchRow>(
      `${joined} WHERE ${lane} AND position > ? AND position <= ? AND length(body) <= ${largest}`,
      model,
      checkpoint,
      name,
      from,
      from + ahead,
    );
    for (const row of rows) this.#rows.set(keyOf(row), row);
  }
}

function keyOf({ kind, name, occurrence }: Pick<Place, 'kind' | 'name' | 'occurrence'>): string {
  return `${kind}\0${name}\0${occurrence}`;
}
