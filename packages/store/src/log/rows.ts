import { decode } from '@reprise/core';
import { checkRow, type Column, damagedRow } from '../database/columns.js';
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
  /** Whether there is such a record, which there always is: 1. */
  readonly recorded: number;
}

/** The condition that finds the live entry of a place, whose values are `placeValues`. */
export const livePlace = `model = ? AND checkpoint = ? AND lane = ? AND kind = ? AND name = ? AND occurrence = ? AND status = 'live'`;

export function placeValues({ model, checkpoint, lane, kind, name, occurrence }: Place): readonly (string | number)[] {
  return [model, checkpoint, lane, kind, name, occurrence];
}

export const entryColumns = `id, model, checkpoint, lane, kind, name, occurrence, position, status, record, parent, how, origin, created_at,
  EXISTS (SELECT 1 FROM op_records WHERE fingerprint = op_log.record) AS recorded`;

const lanes: readonly Lane[] = ['root', 'block', 'handle'];
const kinds: readonly OpKind[] = ['open', 'setup', 'load', 'train', 'findLr', 'evaluate', 'predict', 'cached'];
const origins: readonly EntryOrigin[] = ['run', 'resumed', 'extended', 'adopted'];

/** What replay takes from a row of the log, beside the place and the record that it asked for. */
export const standing: Readonly<Record<'id' | 'position' | 'parent' | 'how' | 'origin' | 'created_at', Column>> = {
  id: 'whole',
  position: 'whole',
  parent: 'whole or null',
  how: origins,
  origin: 'whole or null',
  created_at: 'number',
};

const entryTypes: Readonly<Record<Exclude<keyof EntryRow, 'recorded'>, Column>> = {
  ...standing,
  model: 'text',
  checkpoint: 'text',
  lane: lanes,
  kind: kinds,
  name: 'text',
  occurrence: 'whole',
  status: ['live', 'superseded'],
  record: 'text',
};

export function entryOf(entry: EntryRow): OpEntry {
  const { created_at: createdAt, recorded, ...row } = checkRow(entry, entryTypes);
  if (recorded !== 1) throw damagedRow('record', 'that of a record', row.record);
  return { ...row, createdAt };
}

export interface AliasRow {
  readonly fingerprint: Fingerprint;
  readonly record: Fingerprint;
  readonly created_at: number;
  readonly fields: Uint8Array;
}

export function aliasOf(row: AliasRow): Alias {
  checkRow(row, { fingerprint: 'text', record: 'text', created_at: 'number', fields: 'bytes' });
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

export function modelOf(columns: ModelColumns): ModelRow {
  const types = { id: 'text', description: 'text', threads: 'whole or null', created_at: 'number' } as const;
  const { created_at: createdAt, hparams, ...row } = checkRow(columns, { ...types, hparams: 'bytes' });
  return { ...row, hparams: bytes(hparams), createdAt };
}

export interface CheckpointColumns {
  readonly model: string;
  readonly id: string;
  readonly description: string;
  readonly created_at: number;
}

export function checkpointOf(columns: CheckpointColumns): CheckpointRow {
  const types = { model: 'text', id: 'text', description: 'text', created_at: 'number' } as const;
  const { created_at: createdAt, ...row } = checkRow(columns, types);
  return { ...row, createdAt };
}

export interface SettlementColumns {
  readonly entry: number;
  readonly policy: Settlement['policy'];
  readonly created_at: number;
}

export function settlementOf(columns: SettlementColumns): Settlement {
  const types = { entry: 'whole', policy: ['rerun', 'accept'], created_at: 'number' } as const;
  const { created_at: createdAt, ...row } = checkRow(columns, types);
  return { ...row, createdAt };
}

export interface TagColumns {
  readonly model: string;
  readonly name: string;
  readonly record: Fingerprint;
  readonly entry: number | null;
  readonly created_at: number;
}

export function tagOf(columns: TagColumns): Tag {
  const types = { model: 'text', name: 'text', record: 'text', entry: 'whole or null', created_at: 'number' } as const;
  const { created_at: createdAt, ...row } = checkRow(columns, types);
  return { ...row, createdAt };
}

export interface RunColumns {
  readonly id: number;
  readonly model: string;
  readonly created_at: number;
  readonly body: Uint8Array;
}

export function runOf(columns: RunColumns): RunRow {
  const types = { id: 'whole', model: 'text', created_at: 'number', body: 'bytes' } as const;
  const { created_at: createdAt, body, ...row } = checkRow(columns, types);
  return { ...row, body: bytes(body), createdAt };
}

/** Drivers return buffers of their own kind; callers get a plain array over the same memory. */
function bytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
