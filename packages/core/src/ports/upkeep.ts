import type { Digest, StateDigest } from '../values/digest.js';

/** Told as work goes on: `done` of `total` bytes or files, whatever takes the time. */
export type OnProgress = (progress: { readonly what: string; readonly done: number; readonly total: number }) => void;

export interface CollectOptions {
  /** What was stored less than so many milliseconds ago stays. Default 5 minutes; pins protect writers in flight without it. */
  readonly grace?: number;
  /**
   * Superseded ops go too, where they are older than so many milliseconds and no live op stands on them, and unfinished trains whose place another train has taken.
   * Default: they stay.
   */
  readonly superseded?: number;
  /** Only rows are looked at, not the folder: files that no row names stay. Default false. */
  readonly rowsOnly?: boolean;
  /** Says what would go, by the same code, and changes nothing. Default false. */
  readonly dryRun?: boolean;
  readonly onProgress?: OnProgress;
}

/** Bytes and files. */
export interface Amount {
  readonly count: number;
  readonly bytes: number;
}

/**
 * Why something goes: `unreferenced` (no op, snapshot or tag needs the blob any more), `unrecorded` (a blob's file that no row names: what a
 * killed process left), `temporary` (a write in flight of a process that is gone), `setAside` (damaged files that a repair set aside).
 */
export type GarbageKind = 'unreferenced' | 'unrecorded' | 'temporary' | 'setAside';

/** Why something that nothing needs stays for now: `recent` (younger than the grace), `pinned` (a writer in flight has put it, or may need it). */
export type KeptKind = 'recent' | 'pinned';

export interface Collection {
  readonly dryRun: boolean;
  readonly freed: { readonly [kind in GarbageKind]: Amount };
  readonly kept: { readonly [kind in KeptKind]: Amount };
  /** Superseded ops that went. */
  readonly superseded: number;
  /** Unfinished trains that went with them: another train had taken their place. */
  readonly unfinished: number;
  /** What the store holds after it: its blobs. */
  readonly left: Amount;
}

/** What is wrong with a part of a store. */
export interface Damage {
  /**
   * `missing` and `corrupt`: a blob's file (its size or its bytes). `record`: the row of an op's record. `snapshot`: that of a snapshot. `manifest`: a
   * state whose manifest isn't one, or names other blobs than its rows. `database`: what SQLite says of log.db.
   */
  readonly kind: 'missing' | 'corrupt' | 'record' | 'snapshot' | 'manifest' | 'database';
  /** The digest or fingerprint. */
  readonly subject: string;
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** Numbers of the live and superseded ops whose state, or record, it belongs to. */
  readonly ops: readonly number[];
}

export interface VerifyOptions {
  /** Whether every byte is read. Else sizes and rows alone are looked at, which takes milliseconds. Default false. */
  readonly full?: boolean;
  readonly onProgress?: OnProgress;
}

/** What a store is like. Nothing is changed by looking. */
export interface Verification {
  readonly full: boolean;
  /** What was looked at. */
  readonly blobs: Amount;
  readonly records: number;
  readonly damages: readonly Damage[];
}

export interface RepairOptions {
  /** Whether every byte is read to find damage. Default true. */
  readonly full?: boolean;
  /** Folders of other stores, or of plain files, that may hold identical blobs. */
  readonly from?: readonly string[];
  readonly dryRun?: boolean;
  readonly onProgress?: OnProgress;
}

export interface Repair {
  readonly dryRun: boolean;
  readonly damages: readonly Damage[];
  /** Blobs that are whole again, with where their bytes came from. */
  readonly healed: readonly { readonly digest: Digest; readonly from: string }[];
  /** Blobs that were set aside or marked as missing. */
  readonly setAside: readonly Digest[];
  /** Snapshots that went, since their state can't be read and their train has ended. */
  readonly snapshots: number;
  /** Numbers of the ops that the next run of their script computes again. */
  readonly marked: readonly number[];
}

/** What keeps a store small and whole. Safe beside processes that write, and to be killed anywhere. */
export interface Upkeep {
  /** Frees what no root reaches. Roots are op records, snapshots and tags. @throws StoreError */
  collect(options?: CollectOptions): Promise<Collection>;
  /** Looks at everything. @throws StoreError where it can't be looked at */
  verify(options?: VerifyOptions): Promise<Verification>;
  /**
   * Mends what can be mended: identical bytes from elsewhere heal a blob, a damaged record comes back from its blob; what is left is set aside, and
   * the ops that need it are computed again when their script runs. @throws StoreError
   */
  repair(options?: RepairOptions): Promise<Repair>;
  /**
   * States that can't be read, as far as somebody has noticed: their ops are no hits. One look-up where there are none.
   */
  damagedStates(): Promise<ReadonlySet<StateDigest>>;
}
