import { decode } from '@reprise/core';
import type {
  Alias,
  CheckpointRow,
  EntryOrigin,
  Fingerprint,
  Lane,
  ModelRow,
  OpEntry,
  OpKind,
  Place,
  RunRow,
  Settlement,
  Tag,
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
  readonly how: EntryOrigin;
  readonly origin: number | null;
  readonly created_at: number;
}

/** The condition that finds the live entry of a place, whose values are `placeValues`. */
export const livePlace = `model = ? AND checkpoint = ? AND lane = ? AND kind = ? AND name = ? AND occurrence = ? AND status = 'live'`;

export function placeValues({ model, checkpoint, lane, kind, name, occurrence }: Place): readonly (string | number)[] {
  return [model, checkpoint, lane, kind, name, occurrence];
}

export const entryColumns =
  'id, model, checkpoint, lane, kind, name, occurrence, position, status, record, parent, how, origin, created_at';

export function entryOf({ created_at: createdAt, ...row }: EntryRow): OpEntry {
  return { ...row, createdAt };
}

export interface AliasRow {
  readonly fingerprint: Fingerprint;
  readonly record: Fingerprint;
  readonly created_at: number;
  readonly fields: Uint8Array;
}

export function aliasOf(row: AliasRow): Alias {
  return {
    fingerprint: row.fingerprint,
    record: row.record,
    fields: decode(row.fields) as Alias['fields'],
    createdAt: row.created_at,
  };
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

export interface SettlementColumns {
  readonly entry: number;
  readonly policy: Settlement['policy'];
  readonly created_at: number;
}

export function settlementOf({ created_at: createdAt, ...row }: SettlementColumns): Settlement {
  return { ...row, createdAt };
}

export interface TagColumns {
  readonly model: string;
  readonly name: string;
  readonly record: Fingerprint;
  readonly entry: number | null;
  readonly created_at: number;
}

export function tagOf({ created_at: createdAt, ...row }: TagColumns): Tag {
  return { ...row, createdAt };
}

export interface RunColumns {
  readonly id: number;
  readonly model: string;
  readonly created_at: number;
  readonly body: Uint8Array;
}

export function runOf({ created_at: createdAt, body, ...row }: RunColumns): RunRow {
  return { ...row, body: bytes(body), createdAt };
}

/** Drivers return buffers of their own kind; callers get a plain array over the same memory. */
function bytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
