import { decode, encode } from '@reprise/core';
import type {
  Alias,
  CheckpointRow,
  Fingerprint,
  Lane,
  ModelRow,
  OpEntry,
  OpKind,
  OpRecord,
  Plain,
  StateDigest,
} from '@reprise/core';

/** The rows as SQLite returns them, and the values that they stand for. */
export interface EntryRow {
  readonly id: number;
  readonly model: string;
  readonly checkpoint: string;
  readonly lane: Lane;
  readonly kind: OpKind;
  readonly name: string;
  readonly occurrence: number;
  readonly position: number;
  readonly status: 'live' | 'superseded';
  readonly record: Fingerprint;
  readonly parent: number | null;
  readonly created_at: number;
}

export const entryColumns =
  'id, model, checkpoint, lane, kind, name, occurrence, position, status, record, parent, created_at';

export function entryOf({ created_at: createdAt, ...row }: EntryRow): OpEntry {
  return { ...row, createdAt };
}

export interface RecordRow {
  readonly fingerprint: Fingerprint;
  readonly kind: OpKind;
  readonly state_before: StateDigest | null;
  readonly state_after: StateDigest | null;
  readonly cost: number;
  readonly created_at: number;
  readonly fields: Uint8Array;
  readonly observed: Uint8Array;
  readonly provenance: Uint8Array;
  readonly lines: Uint8Array;
  readonly result: Uint8Array;
}

export function recordOf(row: RecordRow): OpRecord {
  return {
    fingerprint: row.fingerprint,
    kind: row.kind,
    fields: named(row.fields),
    observed: named(row.observed),
    stateBefore: row.state_before,
    stateAfter: row.state_after,
    result: bytes(row.result),
    lines: decode(row.lines) as readonly string[],
    cost: row.cost,
    provenance: named(row.provenance),
    createdAt: row.created_at,
  };
}

export interface AliasRow {
  readonly fingerprint: Fingerprint;
  readonly record: Fingerprint;
  readonly created_at: number;
  readonly fields: Uint8Array;
}

export function aliasOf(row: AliasRow): Alias {
  return { fingerprint: row.fingerprint, record: row.record, fields: named(row.fields), createdAt: row.created_at };
}

export interface ModelColumns {
  readonly id: string;
  readonly description: string;
  readonly threads: number | null;
  readonly created_at: number;
  readonly hparams: Uint8Array;
}

export function modelOf({ created_at: createdAt, hparams, ...row }: ModelColumns): ModelRow {
  return { ...row, hparams: bytes(hparams), createdAt };
}

export interface CheckpointColumns {
  readonly model: string;
  readonly id: string;
  readonly description: string;
  readonly created_at: number;
}

export function checkpointOf({ created_at: createdAt, ...row }: CheckpointColumns): CheckpointRow {
  return { ...row, createdAt };
}

/** What goes into a column of encoded values. */
export function encoded(value: Plain): Uint8Array {
  return encode(value);
}

function named(column: Uint8Array): { readonly [name: string]: Plain } {
  return decode(column) as { readonly [name: string]: Plain };
}

/** Drivers return buffers of their own kind; callers get a plain array over the same memory. */
function bytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
