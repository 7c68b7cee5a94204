import type { OpEntry, OpRecord, Place, Snapshot, SnapshotName, StateRow } from '../ports/op-log.js';
import type { StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { Answer, Reason } from './account.js';
import type { ChainOp, ComponentSummary, Head } from './chain.js';
import type { Command } from './divergence.js';
import type { DivergencePolicy } from './policy.js';
import type { Extending } from './extend.js';
import type { Fields } from './fields.js';
import type { Recomputed } from './recompute.js';

/** A call, ready to be looked up and, where nothing answers it, to be run. */
export interface Call {
  readonly place: Place;
  /** The name that belongs to what is called, not to where: that of a `cached` op, else empty. */
  readonly name: string;
  /** Its order among all calls of its lane in this run. */
  readonly position: number;
  readonly head: Head;
  readonly fields: Fields;
  readonly observed: Fields;
  /** What data sets among the fields are made of: asked where something is recorded or explained. */
  outline(): Promise<Fields>;
  /** What a replay of the record has to know at once. */
  readonly summary: Fields;
  /** What the script says of a divergence here. */
  readonly policy: DivergencePolicy;
  /** What was said for this run from outside the script: it goes before all else. */
  readonly override: DivergencePolicy | null;
  /** Whether another call recorded at this place is a divergence. Calls that change no state just run. */
  readonly diverges: boolean;
  /** The id that a fork's id is made of; null where there is nothing to go on with beside what is recorded. */
  readonly forkOf: string | null;
  readonly command: Command;
  /** Of a train. */
  readonly extending: Extending | null;
  /** The fencing token of the lease that it writes under, where that is held. */
  lease(): number | undefined;
  /** Takes that lease. True where another process had it meanwhile: what is recorded may have changed. */
  hold(): Promise<boolean>;
  /** Gives it back. */
  letGo(): Promise<void>;
  /** Whether a state is known to be unreadable. */
  isDamaged(state: StateDigest): boolean;
  /** A recorded op was computed again, since its state can't be read. */
  recomputed(there: OpRecord, came: Recomputed): void;
  /**
   * Runs it: from the first of these that can be read, else from its beginning.
   * @param published the states before it that the log doesn't know yet
   */
  run(place: Place, from: readonly Snapshot[], published: readonly StateRow[]): Promise<Ran>;
  /** What it comes to where nothing is left to train after this, without running anything; null where something is, or the engine is needed. */
  finish(place: Place, at: Snapshot): Promise<Ran | null>;
}

/** What running a call came to. */
export interface Ran {
  readonly result: Plain;
  readonly lines: readonly string[];
  /** Milliseconds, those of what it went on with included. */
  readonly cost: number;
  readonly from: Snapshot | null;
  /** What the call observes and what it went on with lacked, by path: part of its scores are without. */
  readonly lacks: readonly string[];
  readonly components: ComponentSummary;
  readonly provenance: { readonly [name: string]: Plain };
  /** Stores the states that it led to, and resolves when they are durable. Can be asked again, where they were deleted before they were named. */
  save(): Promise<Saved>;
  /** To be called where that, or naming it, has failed: what was computed is kept to be gone on with. */
  refused?(): Promise<void>;
}

/** States that are durable and not yet named by the log. */
export interface Saved {
  /** The state after; null where the call changes none. */
  readonly after: StateRow | null;
  readonly states: readonly StateRow[];
  readonly snapshots: readonly Snapshot[];
  /** Those that are kept no longer now that it has ended. */
  readonly forget?: readonly SnapshotName[];
  /** To be called once they are named. */
  committed?(): Promise<void>;
}

export interface Answered {
  readonly how: Answer;
  readonly record: OpRecord;
  /** The decoded result: of a run, too, so that the first run and a replay return the same. */
  readonly result: Plain;
  /** Where the op moved its lane to; null where it changed no state. */
  readonly op: ChainOp | null;
  /** The entry of the log that stands for the call. */
  readonly entry: OpEntry;
  /** Where a record was found, or what was gone on with. */
  readonly origin: OpEntry | Snapshot | null;
  /** Whether it was run now: its lines have been printed. */
  readonly ran: boolean;
  /** Milliseconds of the recorded cost that were not spent now. */
  readonly saved: number;
  /** Milliseconds that were spent now, where that isn't the recorded cost less what was saved: a recorded call was computed again. */
  readonly spent?: number;
  /** Why it was not a hit; null where it was one. */
  readonly reason: Reason | null;
  /** The id that the lane goes on under, where it forked from what is recorded. */
  readonly fork: string | null;
  /** Where it stood before the call, under that id. */
  readonly base?: ChainOp;
}
