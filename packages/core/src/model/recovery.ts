import type { RepriseError } from '../errors/base.js';
import type { Store } from '../ports/store.js';
import type { Head } from '../replay/chain.js';
import { duration, placeSaid } from '../replay/place.js';
import type { Recomputed } from '../replay/recompute.js';
import type { OpRecord, Place } from '../ports/op-log.js';
import { isUnreadable, unreadableSaid } from '../state/unreadable.js';
import { readManifest } from '../state/capture.js';
import { blobsOfManifest } from '../state/manifest.js';
import type { StateDigest } from '../values/digest.js';

/** States that can't be read, and how they become readable again: the calls that led to them are made anew. */
export class Recovery {
  readonly #store: Pick<Store, 'blobs' | 'upkeep'>;
  readonly #note: (what: string) => void;
  #damaged: Promise<Set<StateDigest>> | null = null;
  #known: ReadonlySet<StateDigest> = new Set();

  constructor(store: Pick<Store, 'blobs' | 'upkeep'>, note: (what: string) => void) {
    this.#store = store;
    this.#note = note;
  }

  /** What the store knows of: asked once, before the first call is answered. */
  async load(): Promise<void> {
    this.#damaged ??= this.#store.upkeep.damagedStates().then((states) => new Set(states));
    this.#known = await this.#damaged;
  }

  isDamaged(state: StateDigest): boolean {
    return this.#known.has(state);
  }

  /**
   * Makes the state of a head readable, where it isn't: from the nearest state that is, the calls of this run that led to it are made again.
   * @param unreadable what was met
   * @throws it, where this run has not made the call that led to the state; RepriseError `STATE_CHANGED`; whatever the call throws
   */
  async recover({ op, state }: Head, unreadable: RepriseError): Promise<void> {
    if (await this.#isWhole(state)) return;
    if (op.again === undefined || op.record.stateAfter !== state) throw unreadable;
    this.#note(`The state after ${placeSaid(op.place)} could not be read (${unreadableSaid(unreadable)}).`);
    await op.again();
    if (!(await this.#isWhole(state))) throw unreadable;
  }

  /** An op was computed again. */
  recomputed(place: Place, there: OpRecord, { same, took }: Recomputed): void {
    const { stateAfter } = there;
    if (stateAfter !== null) void this.#damaged?.then((states) => states.delete(stateAfter));
    this.#note(
      `${placeSaid(place)} was computed again (${duration(took)}), since its state can't be read. ` +
        (same
          ? 'It came to the same state: all that stands on it holds.'
          : 'It came to another state than before: it is a new op, which supersedes the old one. What stood on that is asked about when it is called.'),
    );
  }

  async #isWhole(state: StateDigest): Promise<boolean> {
    const { blobs } = this.#store;
    try {
      const manifest = await readManifest(state, blobs);
      const found = await Promise.all(blobsOfManifest(manifest).map((blob) => blobs.has(blob)));
      return !found.includes(false);
    } catch (error) {
      if (isUnreadable(error)) return false;
      throw error;
    }
  }
}
