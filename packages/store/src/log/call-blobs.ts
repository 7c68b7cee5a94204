import type { BlobStore, Commit, Digest, Hasher, NewEntry, OpRecord } from '@reprise/core';
import type { Database } from '../database/database.js';
import { type CallBlob, decodeCall, encodeCall } from './call-blob.js';
import { bodyOf, type RecordRow, recordColumns } from './record-rows.js';

/** Keeps each call that is logged as a blob as well, and finds a record again in them. */
export class CallBlobs {
  readonly #database: Database;
  readonly #hasher: Hasher;
  readonly #blobs: BlobStore;

  constructor(database: Database, hasher: Hasher, blobs: BlobStore) {
    this.#database = database;
    this.#hasher = hasher;
    this.#blobs = blobs;
  }

  /** Makes the calls of a commit durable as blobs. Returns their digests, in the order of its entries; null where its record is not known. */
  async put({ entries = [], records = [], replaced }: Commit): Promise<readonly (Digest | null)[]> {
    const digests: (Digest | null)[] = [];
    const writing: Promise<Digest>[] = [];
    for (const entry of entries) {
      const own = records.find(({ fingerprint }) => fingerprint === entry.record);
      const row = replaced?.fingerprint === entry.record ? undefined : this.#row(entry.record);
      const record = row ?? (own && { series: own.series, body: bodyOf(own) });
      if (record === undefined) {
        digests.push(null);
        continue;
      }
      const bytes = encodeCall(this.#call(entry, record, this.#parent(entry, digests)));
      const digest = this.#hasher.digest(bytes);
      digests.push(digest);
      writing.push(this.#blobs.put(bytes, digest));
    }
    await Promise.all(writing);
    return digests;
  }

  /** The bytes of a call's blob as the log has the call now; undefined where its record can't be read. */
  of(entry: NewEntry): Uint8Array | undefined {
    const row = this.#row(entry.record);
    if (row === undefined || !(row.body instanceof Uint8Array) || this.#hasher.digest(row.body) !== row.checksum)
      return undefined;
    return encodeCall(this.#call(entry, row, this.#parent(entry, [])));
  }

  /**
   * A call that has the record, whose body is the record's; undefined where none can be read.
   * @param read how blobs are read: a reader marks what it can't, one that only looks does not
   */
  async find(
    record: OpRecord['fingerprint'],
    read: (blob: Digest) => Promise<Uint8Array | undefined> = (blob) => this.#blobs.get(blob),
  ): Promise<CallBlob | undefined> {
    const sql = 'SELECT DISTINCT blob FROM op_log WHERE record = ? AND blob IS NOT NULL';
    for (const { blob } of this.#database.all<{ blob: Digest }>(sql, record)) {
      const bytes = await read(blob).catch(() => undefined);
      const call = bytes && decodeCall(bytes);
      if (call?.record === record) return call;
    }
    return undefined;
  }

  #call(entry: NewEntry, { series, body }: Pick<RecordRow, 'series' | 'body'>, parent: Digest | null): CallBlob {
    const model = this.#database.get<CallBlob['model']>(
      'SELECT description, hparams, threads FROM models WHERE id = ?',
      entry.model,
    );
    const checkpoint = this.#database.get<{ description: string }>(
      'SELECT description FROM checkpoints WHERE model = ? AND id = ?',
      entry.model,
      entry.checkpoint,
    );
    return {
      entry,
      parent,
      record: entry.record,
      series,
      body: new Uint8Array(body),
      model: {
        description: model?.description ?? '',
        hparams: new Uint8Array(model?.hparams ?? []),
        threads: model?.threads ?? null,
      },
      description: checkpoint?.description ?? '',
    };
  }

  #row(fingerprint: OpRecord['fingerprint']): RecordRow | undefined {
    return this.#database.get<RecordRow>(`SELECT ${recordColumns} FROM op_records WHERE fingerprint = ?`, fingerprint);
  }

  #parent({ parent }: NewEntry, added: readonly (Digest | null)[]): Digest | null {
    if (parent === null) return null;
    if (typeof parent === 'object') return added[parent.added] ?? null;
    return this.#database.get<{ blob: Digest | null }>('SELECT blob FROM op_log WHERE id = ?', parent)?.blob ?? null;
  }
}
