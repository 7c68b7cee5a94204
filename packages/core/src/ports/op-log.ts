import type { Digest, Fingerprint, StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';

export type OpKind = 'open' | 'setup' | 'load' | 'train' | 'findLr' | 'evaluate' | 'predict' | 'cached';

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
  /** How it came to be here: computed, or taken from elsewhere. */
  readonly how: EntryOrigin;
  /** The entry that it was taken from, where it was. */
  readonly origin: number | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * Where an entry's record came from when the entry was added: `run` (computed whole), `resumed` (computed from where a killed train had
 * come to), `extended` (from the end, or a kept epoch, of a train that asked for another number of epochs), `adopted` (recorded elsewhere).
 */
export type EntryOrigin = 'run' | 'resumed' | 'extended' | 'adopted';

/** What an op came to. Found by its fingerprint; shared by every place that makes the same call on the same state. */
export interface OpRecord {
  readonly fingerprint: Fingerprint;
  readonly kind: OpKind;
  /** Of a `train`: the fingerprint of the same call whatever number of epochs it asks for. Else null. */
  readonly series: Fingerprint | null;
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

/** A state saved inside a `train`, or at its end, with what the loop needs beside it to go on as if it had not stopped. */
export interface Snapshot {
  /** As in the train's record. */
  readonly series: Fingerprint;
  /** Epochs done. */
  readonly epoch: number;
  /** Steps taken in the epoch after them. */
  readonly step: number;
  /** Saved on the way: a later one takes its place. Else the end of a finished train, kept as long as its record. */
  readonly running: boolean;
  /** Kept on purpose: a later one doesn't take its place. */
  readonly kept: boolean;
  readonly state: StateDigest;
  /** The state to go back to at the end, where `loadBest` found a better one than this. */
  readonly best: StateDigest | null;
  /** Where the train was called. */
  readonly place: Place;
  /** How many epochs that call asked for. */
  readonly epochs: number;
  /** The encoded progress of the loop. */
  readonly progress: Uint8Array;
  /** Milliseconds that it took to get here, from the beginning of the train. */
  readonly cost: number;
  /** Threads that it was computed with. */
  readonly threads: number;
  readonly createdAt: number;
}

/** What tells snapshots apart. */
export type SnapshotName = Pick<Snapshot, 'series' | 'epoch' | 'step'>;

/** How a divergence at an entry is to be settled when the script next differs there, said from outside the script. */
export interface Settlement {
  readonly entry: number;
  readonly policy: 'rerun' | 'accept';
  readonly createdAt: number;
}

/** A user's name for the state that an op led to. It keeps that op's record. */
export interface Tag {
  readonly model: string;
  readonly name: string;
  readonly record: Fingerprint;
  /** The entry that was named, while it is there: several can share a record. */
  readonly entry: number | null;
  readonly createdAt: number;
}

/** What one process did with a model, encoded: kept to explain. */
export interface RunRow {
  readonly id: number;
  readonly model: string;
  /** When it began, in milliseconds since 1970. */
  readonly createdAt: number;
  readonly body: Uint8Array;
}

/** Everything one call adds to the log, made visible together or not at all. */
export interface Commit {
  readonly states?: readonly StateRow[];
  readonly records?: readonly OpRecord[];
  readonly aliases?: readonly Alias[];
  /** Entries to supersede, before the new ones are added. One that was removed meanwhile is as good as superseded. */
  readonly supersede?: readonly number[];
  /** A parent given as `{ added: n }` is the n-th entry of this commit. Status is live. */
  readonly entries?: readonly NewEntry[];
  /**
   * Each takes the place of the running ones of its series that are not later, and not kept on purpose. One that a train ended with, or kept to its end, stays where a
   * running one comes to the same place.
   */
  readonly snapshots?: readonly Snapshot[];
  /** Snapshots that are kept no longer. They go once the new ones are there; those of a train that has ended stay. */
  readonly forget?: readonly SnapshotName[];
  /** Entries whose settlement has been carried out. */
  readonly settled?: readonly number[];
  /** The fencing token of the lease that the writer holds. */
  readonly lease?: number | undefined;
  /** Whether other work is waiting: the disk is then waited for on another thread. Others may see the commit a moment before it is durable. */
  readonly background?: boolean;
  /**
   * A record that is set aside for one of this commit, which has its fingerprint: the same call came to another state. It is found under
   * `aside` from now on, by the entries and tags that named it.
   */
  readonly replaced?: { readonly fingerprint: Fingerprint; readonly aside: Fingerprint };
}

export interface NewEntry extends Omit<OpEntry, 'id' | 'status' | 'parent'> {
  readonly parent: number | { readonly added: number } | null;
  /** An entry of the same state after: what stood on it stands on the new one. */
  readonly inherits?: number;
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
  /** The records of a series, by creation. @throws StoreError `STORE_CORRUPT` */
  series(series: Fingerprint): Promise<readonly OpRecord[]>;
  /** Snapshots that match every given field, the furthest first. One whose bytes changed counts as lost: it is left out. */
  snapshots(where: SnapshotFilter): Promise<readonly Snapshot[]>;
  /** Entries that match every given field, by lane (root, block, handle) and position, then id. */
  entries(where: EntryFilter): Promise<readonly OpEntry[]>;
  /** The entries that this one stands on, live or superseded, from the root on, itself included; none where there is no such entry. One query. */
  ancestors(id: number): Promise<readonly OpEntry[]>;
  /** The live entries that descend from this one by their parents, itself excluded. */
  descendants(id: number): Promise<readonly OpEntry[]>;

  /**
   * Adds all of it, durably, or nothing. Returns the new entries with their ids.
   * A state or record that is there already is left as it is, and so is an entry: one at its place with the same record, on the same parent. An entry whose place still has a live one supersedes that; its checkpoint is
   * made where there is none.
   * @throws StoreError `DANGLING_REFERENCE` where a state's manifest, or a blob that it names, is not recorded as durable, or where a record
   * names no state, an alias or entry no record, an entry no parent; `LEASE_LOST` where another lease has replaced the one that is given;
   * `DISK_FULL`, `STORE_IO`, `STORE_BUSY`.
   */
  commit(commit: Commit): Promise<readonly OpEntry[]>;
  /** Writes where the entry now stands: after an insertion above it, or on another live parent of the same state. */
  move(id: number, to: { readonly position: number; readonly parent: number | null }): Promise<void>;

  /** Says how a divergence at an entry is to be settled; null takes that back. @throws StoreError `DANGLING_REFERENCE` where there is no such entry. */
  settle(entry: number, policy: Settlement['policy'] | null, now: number): Promise<void>;
  settlement(entry: number): Promise<Settlement | undefined>;
  /** Those of a model that are still to come, by entry. */
  settlements(model: string): Promise<readonly Settlement[]>;

  /** Names a record, in place of what had the name. @throws StoreError `DANGLING_REFERENCE` where there is no such record. */
  putTag(tag: Tag): Promise<void>;
  /** By name. */
  tags(model: string): Promise<readonly Tag[]>;
  /** False where there was none. */
  deleteTag(model: string, name: string): Promise<boolean>;

  /** Adds a run, or says more of one; an id of 0 is a new one. Returns its id. Old runs of a model go when there are more than 20. */
  putRun(run: RunRow): Promise<number>;
  /** Newest first. */
  runs(model: string): Promise<readonly RunRow[]>;

  /** Removes entries, and what only they named. Those that stood on them have no parent then. */
  deleteEntries(ids: readonly number[]): Promise<void>;
  /**
   * Removes a checkpoint, its entries and unfinished trains, the records that no entry and no tag names any more, and the states that
   * nothing names any more.
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
  readonly name?: string;
  readonly occurrence?: number;
  readonly status?: 'live' | 'superseded';
  readonly record?: Fingerprint;
  readonly stateAfter?: StateDigest;
}

export interface SnapshotFilter {
  readonly series?: Fingerprint;
  readonly model?: string;
  readonly checkpoint?: string;
  readonly running?: boolean;
}
