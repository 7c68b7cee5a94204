import { decodeVerified, encode } from '../codec/index.js';
import { RepriseError } from '../errors/base.js';
import type { EngineState } from '../ports/engine.js';
import type { Place, Snapshot, SnapshotName, StateRow } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import type { Saved } from '../replay/call.js';
import type { Head } from '../replay/chain.js';
import type { Fields } from '../replay/fields.js';
import { rowOf } from '../state/capture.js';
import { Held } from '../state/held.js';
import type { TrainingState } from '../state/training-state.js';
import type { Best, Course, CourseProgress, Moment, Point } from '../training/course.js';
import { type Kept, keptOf, type SnapshotSettings } from '../training/snapshots.js';
import type { Fingerprint, StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { LiveNet } from './live-net.js';
import type { RecordedProgress } from './request.js';
import { SnapshotClock } from './snapshot-clock.js';
import { isBehind, keptByCallbacks, keyOf, keyOfPoint, unrecordable } from './train-places.js';

/** How far a train has come, as its snapshot holds it. */
export function progressOf(snapshot: Snapshot): RecordedProgress {
  return decodeVerified(snapshot.progress) as unknown as RecordedProgress;
}

/** A snapshot whose states are durable, and those states. */
interface Stored {
  readonly snapshot: Snapshot;
  readonly states: readonly StateRow[];
}

/** A point and its progress, encoded when it was taken: what a metric gathers goes on changing. */
interface Taken {
  readonly point: Point;
  readonly progress: Uint8Array;
  readonly kept: Kept | null;
  /** Whether a callback keeps it. */
  readonly asked: boolean;
}

/** What a train is called with, so far as its snapshots say it. */
export interface CourseCall {
  readonly series: Fingerprint;
  readonly place: Place;
  readonly epochs: number;
  readonly observations: Fields;
  readonly snapshots: SnapshotSettings;
  readonly head: Head;
  /** The fencing token of the lease that it is trained under. */
  readonly lease: number | undefined;
  /** Whether the data are still those that the series was named by. Costs a hash of them. */
  dataUnchanged(): boolean;
  /** Something to say at the end of the script. */
  note(what: string): void;
}

/** The snapshot that a call goes on from, brought into memory. */
export interface Begun {
  readonly snapshot: Snapshot;
  /** As this call would have seen it. */
  readonly progress: CourseProgress;
  /** What a part of its scores is without, by path. */
  readonly lacks: readonly string[];
  readonly best: EngineState | null;
  /** What it names. */
  readonly rows: readonly StateRow[];
}

/** How much of a train is stored. */
export interface StoredPart {
  readonly epochs: number;
  readonly steps: number;
}

/** Bytes of a state from which on storing it overlaps with training. A smaller one takes a few milliseconds, and is waited for. */
const overlapFrom = 1024 * 1024;

/**
 * The course of a recorded train: now and then the state is stored with what the loop needs to go on from there, while training goes on. What a killed
 * process had not stored is trained again; a train that throws stores where it was.
 */
export class TrainCourse implements Course {
  readonly from: Course['from'];
  readonly #store: Store;
  readonly #live: LiveNet;
  readonly #now: () => number;
  readonly #elapsed: () => number;
  readonly #call: CourseCall;
  readonly #begun: Snapshot | null;
  readonly #started: number;
  readonly #lacks: readonly string[];
  readonly #clock: SnapshotClock;
  /** Where states that are held were stored, by where training stood: tensors can be those of several moments. */
  readonly #rows = new WeakMap<Held, Map<string, StateRow>>();
  readonly #digests = new WeakMap<Held, StateDigest>();
  /** Taken, and read by the engine until the next step. */
  #pending: Taken | null = null;
  /** Where training ended. */
  #end: Taken | null = null;
  #saving: Promise<void> | null = null;
  #failure: Error | null = null;
  #stored: StoredPart;
  /** What the last snapshots named that this call made or went on from. */
  #named: readonly StateRow[] = [];
  #kept: readonly Kept[] = [];
  /** Snapshots that are kept, by epoch and step, to be said of the ended train. */
  readonly #keptSnapshots = new Map<string, Snapshot>();
  #within = true;

  constructor(
    parts: {
      readonly store: Store;
      readonly live: LiveNet;
      readonly clock: { now(): number; elapsed(): number };
    },
    call: CourseCall,
    begun: Begun | null,
    kept: readonly Snapshot[],
  ) {
    this.#store = parts.store;
    this.#live = parts.live;
    this.#now = () => parts.clock.now();
    this.#elapsed = () => parts.clock.elapsed();
    this.#call = call;
    this.#begun = begun?.snapshot ?? null;
    this.#started = this.#elapsed();
    this.#lacks = begun?.lacks ?? [];
    this.#clock = new SnapshotClock(call.snapshots, call.epochs, this.#elapsed);
    const best = begun?.best ? { state: null, held: new Held(begun.best) } : null;
    this.from = begun && { progress: begun.progress, best };
    if (best && begun?.snapshot.best) this.#digests.set(best.held, begun.snapshot.best);
    this.#named = begun?.rows ?? [];
    this.#stored = { epochs: begun?.snapshot.epoch ?? 0, steps: begun?.snapshot.step ?? 0 };
    for (const snapshot of kept) this.#keptSnapshots.set(keyOf(snapshot), snapshot);
    if (begun !== null) this.#kept = this.#ranked(begun, kept);
    // The other thread takes a while to start: better now than between two steps.
    if (this.#live.size >= overlapFrom) void this.#store.hasher.elsewhere?.([], 1).catch(() => undefined);
  }

  /** Milliseconds since the call began, those that an earlier process spent included. */
  get cost(): number {
    return (this.#begun?.cost ?? 0) + this.#elapsed() - this.#started;
  }

  due(moment: Moment): boolean {
    if (moment.steps > 0 && !this.#within) return false;
    return this.#clock.due(moment, this.#saving !== null || this.#pending !== null) || this.#keeps(moment) !== null;
  }

  async take(point: Point, moment: Moment): Promise<boolean> {
    const taken = this.#taken(point, this.#keeps(moment), true);
    if (taken === null) return false;
    await this.#saving;
    this.#throwFailure();
    const earlier = this.#pending;
    if (earlier !== null) {
      this.#pending = null;
      await this.#save(earlier, false);
      earlier.point.release();
    }
    this.#clock.taken(moment);
    if (point.held.size >= overlapFrom) {
      this.#pending = taken;
      return true;
    }
    await this.#save(taken, false);
    point.release();
    return true;
  }

  stepped(): void {
    this.#throwFailure();
    const taken = this.#pending;
    if (taken === null || this.#saving !== null) return;
    this.#pending = null;
    this.#saving = this.#save(taken, true)
      .catch((error: unknown) => {
        this.#failure = error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#saving = null;
        taken.point.release();
      });
  }

  ends(point: Point): boolean {
    const taken = this.#taken(point, null, false);
    this.#end = taken ?? this.#end;
    return taken !== null;
  }

  /**
   * The train has thrown: what it had reached is stored. Returns how much that is. The failure is the one to tell, so one in here never is.
   */
  async interrupted(): Promise<StoredPart> {
    await this.#saving;
    const [pending, end] = [this.#pending, this.#end];
    this.#pending = null;
    // What is kept stays, however much further training came.
    const keeps =
      pending !== null &&
      (pending.kept !== null || pending.asked || end === null || !isBehind(pending.point, end.point));
    for (const last of [keeps ? pending : null, end])
      if (last !== null && this.#isFurther(last.point)) await this.#save(last, false).catch(() => undefined);
    return this.#stored;
  }

  /** The snapshots of a train that ended, and the states to add with them. Its end is not among them where it left what no training can go on from. */
  async ended(
    after: StateRow | null,
    cost: number,
  ): Promise<Pick<Saved, 'snapshots' | 'states'> & { readonly forget: readonly SnapshotName[] }> {
    await this.#saving;
    this.#throwFailure();
    if (this.#pending !== null && (this.#pending.kept !== null || this.#pending.asked))
      await this.#save(this.#pending, false);
    this.#pending = null;
    const all = [...this.#keptSnapshots.values()];
    const asEnded = (snapshots: readonly Snapshot[]): readonly Snapshot[] =>
      snapshots.map((snapshot) => ({ ...snapshot, running: false }));
    if (this.#end === null)
      return { snapshots: asEnded(this.#begun === null ? all : [...all, this.#begun]), states: [], forget: [] };
    const { point } = this.#end;
    if (!(await point.sound())) return { snapshots: asEnded(all), states: [], forget: [] };
    const outranked = this.#outranked(point, null);
    this.#named = [...this.#named, ...(await this.#statesOf(outranked))];
    const kept = all.filter((snapshot) => !outranked.includes(snapshot));
    const row = after ?? (await this.#put(point.held, point.training));
    const { snapshot, states } = await this.#snapshot(this.#end, row, { running: false, cost });
    return { snapshots: [...asEnded(kept), snapshot], states, forget: outranked };
  }

  /** Frees what only snapshots named that are gone by now. What is left over is left to garbage collection. */
  async release(keep: readonly StateRow[]): Promise<void> {
    const kept = new Set(keep.flatMap(({ blobs }) => blobs));
    const gone = this.#named.flatMap(({ blobs }) => blobs).filter((blob) => !kept.has(blob));
    this.#named = keep;
    await this.#store.blobs.free(gone).catch(() => 0);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #isFurther({ progress: { history, partial } }: Point): boolean {
    const { epochs, steps } = this.#stored;
    return history.length > epochs || (history.length === epochs && (partial?.steps ?? 0) > steps);
  }

  /** How the end of an epoch would be kept on purpose; null where it isn't. */
  #keeps({ epochs, steps, scores }: Moment): Kept | null {
    const { keep } = this.#call.snapshots;
    if (keep === null || steps > 0 || epochs === this.#call.epochs) return null;
    const value = keep.best === null ? 0 : (scores?.[keep.best.monitor] ?? Number.NaN);
    const kept = { epoch: epochs, value };
    return keptOf([...this.#kept, kept], keep).includes(kept) ? kept : null;
  }

  /** Snapshots that an earlier process kept, ranked by what it had recorded of their epochs. */
  #ranked({ progress: { history } }: Begun, kept: readonly Snapshot[]): readonly Kept[] {
    const monitor = this.#call.snapshots.keep?.best?.monitor ?? '';
    return kept.flatMap(({ epoch, step }) => {
      // Within an epoch, only callbacks keep some.
      const record = step === 0 ? history[epoch - 1] : undefined;
      if (record === undefined) return [];
      const scores = monitor.startsWith('val_') ? record.val : record.train;
      const value = (scores as { readonly [name: string]: number } | null)?.[monitor.slice(monitor.indexOf('_') + 1)];
      return [{ epoch, value: value ?? Number.NaN }];
    });
  }

  /** @param loud whether it is an error that a callback asks for what can't be stored */
  #taken(point: Point, kept: Kept | null, loud: boolean): Taken | null {
    const { observations } = this.#call;
    const progress = { ...point.progress, observations, lacks: this.#lacks };
    const asked = keptByCallbacks(point).has(keyOfPoint(point));
    try {
      return { point, kept, asked, progress: encode(progress as unknown as Plain) };
    } catch (error) {
      if (!(error instanceof RepriseError) || error.code !== 'UNRECORDABLE_VALUE' || point.progress.partial === null)
        throw error;
      if (asked && loud) throw unrecordable(error);
      // A metric of the user's own may gather what can't be recorded.
      this.#within = false;
      this.#call.note(
        `What a metric gathers within an epoch can't be recorded, so snapshots were taken at the ends of epochs only: ${error.message}`,
      );
      return null;
    }
  }

  /** @param stepped whether training went on from there: a step has come to a loss that is a number */
  async #save(taken: Taken, stepped: boolean): Promise<void> {
    const { point, kept } = taken;
    const begun = this.#elapsed();
    // Neither what no training can go on from, nor what other data led to, is filed under this training's name.
    if (!this.#call.dataUnchanged() || (!stepped && !(await point.sound()))) return;
    const forget = this.#outranked(point, kept);
    const forgotten = await this.#statesOf(forget);
    let named: readonly StateRow[] = [];
    for (let attempt = 1; ; attempt++) {
      const row = await this.#put(point.held, point.training);
      const { snapshot, states } = await this.#snapshot(taken, row, { running: true, cost: this.cost });
      try {
        const { lease, series } = this.#call;
        const names = forget.map(({ epoch, step }) => ({ series, epoch, step }));
        await this.#store.log.commit({ states, snapshots: [snapshot], forget: names, lease, background: true });
        if (snapshot.kept) this.#keptSnapshots.set(keyOf(snapshot), snapshot);
        named = states;
        break;
      } catch (error) {
        // Another process that trains the same may have deleted blobs before they were named.
        const deleted = error instanceof RepriseError && error.code === 'DANGLING_REFERENCE';
        if (!deleted || attempt === 3) throw error;
        this.#rows.delete(point.held);
        if (point.best !== null) this.#rows.delete(point.best.held);
      }
    }
    this.#storedAs(taken, forget, this.#elapsed() - begun);
    this.#named = [...this.#named, ...forgotten];
    await this.release(named);
  }

  /** What these name. One that can't be read is left to garbage collection. */
  async #statesOf(snapshots: readonly Snapshot[]): Promise<readonly StateRow[]> {
    const digests = snapshots.flatMap(({ state, best }) => (best === null ? [state] : [state, best]));
    const rows = digests.map((digest) => rowOf(digest, this.#store.blobs).catch(() => null));
    return (await Promise.all(rows)).filter((row) => row !== null);
  }

  #storedAs({ point, kept }: Taken, forget: readonly Snapshot[], took: number): void {
    const { history, partial } = point.progress;
    this.#stored = { epochs: history.length, steps: partial?.steps ?? 0 };
    this.#clock.stored(took);
    for (const each of forget) this.#keptSnapshots.delete(keyOf(each));
    const { keep } = this.#call.snapshots;
    if (kept !== null && keep !== null) this.#kept = keptOf([...this.#kept, kept], keep);
  }

  /** What is kept no longer once this is stored: neither what was asked for says so, nor a callback. */
  #outranked(point: Point, kept: Kept | null): readonly Snapshot[] {
    const { keep } = this.#call.snapshots;
    const all = kept === null ? this.#kept : [...this.#kept, kept];
    const epochs = keep === null ? [] : keptOf(all, keep).map(({ epoch }) => `${epoch} 0`);
    const stays = new Set([...epochs, ...keptByCallbacks(point), keyOfPoint(point)]);
    // What belongs to a train that has ended is told with its result.
    return [...this.#keptSnapshots.values()].filter((each) => each.running && !stays.has(keyOf(each)));
  }

  async #snapshot(
    { point, progress, kept, asked }: Taken,
    row: StateRow,
    { running, cost }: { readonly running: boolean; readonly cost: number },
  ): Promise<Stored> {
    const { series, place, epochs, head } = this.#call;
    const { history, partial } = point.progress;
    const best = point.best === null ? null : await this.#storedBest(point.best);
    const snapshot: Snapshot = {
      series,
      epoch: history.length,
      step: partial?.steps ?? 0,
      running,
      kept: kept !== null || asked,
      state: row.digest,
      best: best?.digest ?? null,
      place,
      epochs,
      progress,
      cost,
      threads: await this.#live.threads(),
      createdAt: this.#now(),
    };
    return { states: [...head.unlogged, ...(best?.row ? [best.row] : []), row], snapshot };
  }

  async #storedBest({ held, state }: Best): Promise<{ readonly digest: StateDigest; readonly row: StateRow | null }> {
    if (state === null) {
      return { digest: this.#digests.get(held) ?? this.#begun?.state ?? this.#call.head.state, row: null };
    }
    const row = await this.#put(held, state);
    return { digest: row.digest, row };
  }

  /** Makes a held state durable, once. */
  async #put(held: Held, training: TrainingState): Promise<StateRow> {
    const { epoch, step } = training.loop;
    const rows = this.#rows.get(held) ?? new Map<string, StateRow>();
    this.#rows.set(held, rows);
    const known = rows.get(`${epoch} ${step}`);
    if (known !== undefined) return known;
    const row = await this.#live.saveHeld(held, training);
    rows.set(`${epoch} ${step}`, row);
    return row;
  }
}
