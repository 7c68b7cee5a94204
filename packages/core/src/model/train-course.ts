import { decodeVerified, encode } from '../codec/index.js';
import { RepriseError } from '../errors/base.js';
import type { EngineState } from '../ports/engine.js';
import type { Place, Snapshot, StateRow } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import type { Head } from '../replay/chain.js';
import type { Fields } from '../replay/fields.js';
import type { Best, Course, Point, TrainProgress } from '../training/course.js';
import type { Fingerprint, StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { LiveNet } from './live-net.js';
import type { RecordedProgress } from './request.js';

/** How far a train has come, as its snapshot holds it. */
export function progressOf(snapshot: Snapshot): RecordedProgress {
  return decodeVerified(snapshot.progress) as unknown as RecordedProgress;
}

/** A snapshot whose states are durable, and those states. */
interface Stored {
  readonly snapshot: Snapshot;
  readonly states: readonly StateRow[];
}

/** What a train is called with, so far as its snapshots say it. */
export interface CourseCall {
  readonly series: Fingerprint;
  readonly place: Place;
  readonly epochs: number;
  readonly observations: Fields;
  readonly head: Head;
  /** Whether the data are still those that the series was named by. Costs a hash of them. */
  dataUnchanged(): boolean;
}

/** The snapshot that a call goes on from, brought into memory. */
export interface Begun {
  readonly snapshot: Snapshot;
  /** As this call would have seen it. */
  readonly progress: TrainProgress;
  /** What a part of its scores is without, by path. */
  readonly lacks: readonly string[];
  readonly best: EngineState | null;
  /** What it names. */
  readonly rows: readonly StateRow[];
}

/** Milliseconds between two snapshots at least, and how much longer than the last one took: at most a twentieth of the time goes into them. */
const leastBetween = 1000;
const rarer = 20;

/**
 * The course of a recorded train: at the end of an epoch, when the last snapshot is long enough ago, the state is stored with what the loop needs to
 * go on from there. What a killed process had not stored is trained again; a train that throws stores where it was.
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
  readonly #stored = new WeakMap<Best, StateDigest>();
  #point: Point | null = null;
  #isStored = false;
  #last: { readonly at: number; readonly took: number };
  /** What the last snapshots named that this call made or went on from. */
  #named: readonly StateRow[] = [];

  constructor(
    parts: {
      readonly store: Store;
      readonly live: LiveNet;
      readonly clock: { now(): number; elapsed(): number };
    },
    call: CourseCall,
    begun: Begun | null,
  ) {
    this.#store = parts.store;
    this.#live = parts.live;
    this.#now = () => parts.clock.now();
    this.#elapsed = () => parts.clock.elapsed();
    this.#call = call;
    this.#begun = begun?.snapshot ?? null;
    this.#started = this.#elapsed();
    this.#lacks = begun?.lacks ?? [];
    this.#last = { at: this.#started, took: 0 };
    this.from = begun && { progress: begun.progress, best: begun.best && bestOf(begun.best) };
    const best = this.from?.best;
    if (best && begun?.snapshot.best) this.#stored.set(best, begun.snapshot.best);
    this.#named = begun?.rows ?? [];
  }

  /** Milliseconds since the call began, those that an earlier process spent included. */
  get cost(): number {
    return (this.#begun?.cost ?? 0) + this.#elapsed() - this.#started;
  }

  async reached(point: Point): Promise<void> {
    this.#point = point;
    this.#isStored = false;
    // The end is stored with the record.
    if (point.progress.history.length === this.#call.epochs) return;
    const since = this.#elapsed() - this.#last.at;
    if (since < leastBetween || since < rarer * this.#last.took) return;
    await this.#save(point);
  }

  /**
   * The train has thrown: what it had reached is stored. Returns how many epochs that is. The failure is the one to tell, so one in here never is.
   */
  async interrupted(): Promise<number> {
    if (this.#point !== null && !this.#isStored) await this.#save(this.#point).catch(() => undefined);
    if (this.#point === null) return this.#begun?.epoch ?? 0;
    return this.#isStored ? this.#point.progress.history.length : 0;
  }

  /** The snapshot of a train that ended, and the states to add with it. Null where the last epoch left what no training can go on from. */
  async ended(after: StateRow | null, cost: number): Promise<Stored | null> {
    const point = this.#point;
    if (point === null) return this.#begun && { snapshot: { ...this.#begun, running: false }, states: [] };
    if (!point.sound()) return null;
    const row = after ?? (await this.#live.save(point, false));
    return this.#snapshot(point, row, { running: false, cost });
  }

  /** Frees what only snapshots named that are gone by now. What is left over is left to garbage collection. */
  async release(keep: readonly StateRow[]): Promise<void> {
    const kept = new Set(keep.flatMap(({ blobs }) => blobs));
    const gone = this.#named.flatMap(({ blobs }) => blobs).filter((blob) => !kept.has(blob));
    this.#named = keep;
    await Promise.all([...new Set(gone)].map((blob) => this.#store.blobs.delete(blob).catch(() => false)));
  }

  async #save(point: Point): Promise<void> {
    const begun = this.#elapsed();
    // Neither what no training can go on from, nor what other data led to, is filed under this training's name.
    if (!point.sound() || !this.#call.dataUnchanged()) return;
    for (let attempt = 1; ; attempt++) {
      const row = await this.#live.save(point, false);
      const { snapshot, states } = await this.#snapshot(point, row, { running: true, cost: this.cost });
      try {
        await this.#store.log.commit({ states, snapshots: [snapshot] });
        this.#isStored = true;
        this.#last = { at: this.#elapsed(), took: this.#elapsed() - begun };
        await this.release(states);
        return;
      } catch (error) {
        // Another process that trains the same may have deleted blobs before they were named.
        const deleted = error instanceof RepriseError && error.code === 'DANGLING_REFERENCE';
        if (!deleted || attempt === 3) throw error;
      }
    }
  }

  async #snapshot(
    { progress, best }: Point,
    row: StateRow,
    { running, cost }: { readonly running: boolean; readonly cost: number },
  ): Promise<Stored> {
    const { series, place, epochs, observations, head } = this.#call;
    const stored = best === null ? null : await this.#storedBest(best);
    return {
      states: [...head.unlogged, ...(stored?.row ? [stored.row] : []), row],
      snapshot: {
        series,
        epoch: progress.history.length,
        step: 0,
        running,
        state: row.digest,
        best: stored?.digest ?? null,
        place,
        epochs,
        progress: encode({ ...progress, observations, lacks: this.#lacks } as unknown as Plain),
        cost,
        threads: await this.#live.threads(),
        createdAt: this.#now(),
      },
    };
  }

  async #storedBest(best: Best): Promise<{ readonly digest: StateDigest; readonly row: StateRow | null }> {
    if (best.state === null) {
      return { digest: this.#stored.get(best) ?? this.#begun?.state ?? this.#call.head.state, row: null };
    }
    const row = await this.#live.save({ engine: await best.engine(), training: best.state }, false);
    return { digest: row.digest, row };
  }
}

function bestOf(engine: EngineState): Best {
  return { state: null, engine: async () => engine };
}
