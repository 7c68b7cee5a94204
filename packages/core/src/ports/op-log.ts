import type { Digest, Fingerprint, StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';

export type OpKind = 'open' | 'setup' | 'train' | 'findLr' | 'evaluate' | 'predict' | 'cached';

/**
 * Which sequence of calls an op belongs to: the model's root (`open` alone), the block of a checkpoint,
 * or the handle on a checkpoint.
 */
export type Lane = 'root' | 'block' | 'handle';

/** Where a call stands in a script. At most one live op is at a place. */
export interface Place {
  readonly model: string;
  /** Empty for the root. */
  readonly checkpoint: string;
  readonly lane: Lane;
  readonly kind: OpKind;
  /** The name of a `cached` op, else empty. */
  readonly name: string;
  /** Counts from 0 among the ops of the same kind and name in this lane. */
  readonly occurrence: number;
}

/** One call of the log: a place, and the record that answers it. */
export interface OpEntry extends Place {
  /** Grows with time; never used again. */
  readonly id: number;
  /** The record that it stands for. */
  readonly record: Fingerprint;
  /** The entry whose state it began from; null for `open`. */
  readonly parent: number | null;
  /** Its order in its lane, from 0, as the script last ran. */
  readonly position: number;
  readonly status: 'live' | 'superseded';
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** What an op came to. Found by its fingerprint; shared by every place that makes the same call on the same state. */
export interface OpRecord {
  readonly fingerprint: Fingerprint;
  readonly kind: OpKind;
  /** What replay looks at whenever the op is answered: small. */
  readonly summary: { readonly [name: string]: Plain };
  /** What decided, by field: plain values where small, digests where large. The fingerprint is the digest of these. */
  readonly fields: { readonly [path: string]: Plain };
  /** What was observed or presented: kept to explain, never compared. */
  readonly observed: { readonly [path: string]: Plain };
  readonly stateBefore: StateDigest | null;
  /** Null where the op changes no state. */
  readonly stateAfter: StateDigest | null;
  /** The encoded result. */
  readonly result: Uint8Array;
  /** The lines it printed, to be printed again. */
  readonly lines: readonly string[];
  /** How long it took, in milliseconds. */
  readonly cost: number;
  /** Versions, host, threads, device: shown, never compared. */
  readonly provenance: { readonly [name: string]: Plain };
  readonly createdAt: number;
}

/** A state and the blobs that its manifest names. */
export interface StateRow {
  readonly digest: StateDigest;
  readonly blobs: readonly Digest[];
}

/** Another fingerprint that a record answers to, by an explicit `accept`. */
export interface Alias {
  readonly fingerprint: Fingerprint;
  readonly record: Fingerprint;
  /** The fields of the accepted call. */
  readonly fields: { readonly [path: string]: Plain };
  readonly createdAt: number;
}

/** Everything one call adds to the log, made visible together or not at all. */
export interface Commit {
  readonly states?: readonly StateRow[];
  readonly records?: readonly OpRecord[];
  readonly aliases?: readonly Alias[];
  /** Entries to supersede, before the new ones are added. */
  readonly supersede?: readonly number[];
  /** A parent given as `{ added: n }` is the n-th entry of this commit. Status is live. */
  readonly entries?: readonly NewEntry[];
}

export interface NewEntry extends Omit<OpEntry, 'id' | 'status' | 'parent'> {
  readonly parent: number | { readonly added: number } | null;
}

export interface ModelRow {
  readonly id: string;
  readonly description: string;
  /** The encoded hparams that the model was last opened with. */
  readonly hparams: Uint8Array;
  /** The number of threads that its states were computed with; null until an engine was loaded. */
  readonly threads: number | null;
  readonly createdAt: number;
}

export interface CheckpointRow {
  readonly model: string;
  readonly id: string;
  readonly description: string;
  readonly createdAt: number;
}

/** The ordered calls of every model, and what they came to. Every method is one transaction. */
export interface OpLog {
  model(id: string): Promise<ModelRow | undefined>;
  putModel(row: ModelRow): Promise<void>;
  models(): Promise<readonly ModelRow[]>;

  checkpoint(model: string, id: string): Promise<CheckpointRow | undefined>;
  putCheckpoint(row: CheckpointRow): Promise<void>;
  /** In the order of their creation. */
  checkpoints(model: string): Promise<readonly CheckpointRow[]>;

  /** The live entry at a place. */
  at(place: Place): Promise<OpEntry | undefined>;
  /** The live entry at a place with its record, where that is this very one: what replay asks first. One look-up. */
  match(
    place: Place,
    fingerprint: Fingerprint,
  ): Promise<{ readonly entry: OpEntry; readonly record: OpRecord } | undefined>;
  entry(id: number): Promise<OpEntry | undefined>;
  /** The record that answers to a fingerprint: its own, else that of the newest alias. @throws StoreError `STORE_CORRUPT` where its bytes changed. */
  record(fingerprint: Fingerprint): Promise<OpRecord | undefined>;
  aliases(record: Fingerprint): Promise<readonly Alias[]>;
  /** Entries that match every given field, by lane (root, block, handle) and position, then id. */
  entries(where: EntryFilter): Promise<readonly OpEntry[]>;
  /** The live entries that descend from this one by their parents, itself excluded. */
  descendants(id: number): Promise<readonly OpEntry[]>;

  /**
   * Adds all of it, durably, or nothing. Returns the new entries with their ids.
   * A state or record that is there already is left as it is. An entry whose place still has a live one supersedes that; its checkpoint is
   * made where there is none.
   * @throws StoreError `DANGLING_REFERENCE` where a state's manifest, or a blob that it names, is not recorded as durable, or where a record
   * names no state, an alias or entry no record, an entry no parent; `DISK_FULL`, `STORE_IO`, `STORE_BUSY`.
   */
  commit(commit: Commit): Promise<readonly OpEntry[]>;
  /** Writes where the entry now stands: after an insertion above it, or on another live parent of the same state. */
  move(id: number, to: { readonly position: number; readonly parent: number | null }): Promise<void>;

  /**
   * Removes a checkpoint, its entries, the records that no entry names any more, and the states that no record names any more.
   * Entries elsewhere that stood on one of them have no parent then. False where there was none.
   */
  deleteCheckpoint(model: string, id: string): Promise<boolean>;
  /** The same for a whole model. */
  deleteModel(id: string): Promise<boolean>;
}

export interface EntryFilter {
  readonly model?: string;
  readonly checkpoint?: string;
  readonly lane?: Lane;
  readonly kind?: OpKind;
  readonly status?: 'live' | 'superseded';
  readonly record?: Fingerprint;
  readonly stateAfter?: StateDigest;
}
