import type { OpEntry, Place } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import { accountOf, type Answer, type CallAccount, encodeAccount, type RunAccount } from '../replay/account.js';
import type { Answered } from '../replay/call.js';
import type { DivergenceError } from '../replay/divergence.js';
import { duration, titleOf } from '../replay/place.js';

/** What one process did with a model: how its calls were answered, what that saved and what it added. */
export interface Report extends Readonly<Record<Answer, number>> {
  /** Milliseconds of recorded work that was not done again. */
  readonly saved: number;
  /** Milliseconds of work that was done. */
  readonly spent: number;
  /** Bytes of blobs that were new to the store. */
  readonly bytesAdded: number;
}

/** Keeps account of a process's calls on a model: for the lines at its end, and to be explained later. */
export class RunReport {
  readonly #model: string;
  readonly #store: Pick<Store, 'log' | 'blobs'>;
  readonly #begun: number;
  readonly #now: () => number;
  readonly #writtenBefore: number;
  readonly #counts: Record<Answer, number> = { hit: 0, adopted: 0, accepted: 0, resumed: 0, extended: 0, run: 0 };
  readonly #calls: (number | CallAccount)[] = [];
  readonly #notes = new Set<string>();
  readonly #called = new Set<number>();
  readonly #uncalled = new Map<number, OpEntry>();
  /** How many answers were no hits, and how many of them are kept. */
  #news = 0;
  #kept = 0;
  #keptAt = 0;
  #saved = 0;
  #spent = 0;
  #run = 0;

  constructor(parts: {
    readonly model: string;
    readonly store: Pick<Store, 'log' | 'blobs'>;
    readonly now: () => number;
  }) {
    this.#model = parts.model;
    this.#store = parts.store;
    this.#begun = parts.now();
    this.#now = parts.now;
    this.#writtenBefore = parts.store.blobs.written;
  }

  async add({ how, entry, origin, record, ran, reason, saved, spent }: Answered): Promise<void> {
    // One whose state had to be computed again was run, though its record stands.
    this.#counts[how === 'hit' && ran ? 'run' : how]++;
    this.#called.add(entry.id);
    this.#saved += saved;
    if (ran) this.#spent += spent ?? record.cost - saved;
    if (how === 'hit' || reason === null) {
      this.#calls.push(entry.id);
      return;
    }
    const { model, checkpoint, lane, kind, name, occurrence, id } = entry;
    const place = { model, checkpoint, lane, kind, name, occurrence };
    const from = origin !== null && 'id' in origin ? origin.id : entry.origin;
    this.#calls.push({ place, how, entry: id, origin: from, reason });
    this.#news++;
    await this.keepSoon();
  }

  /** A call has diverged. It is kept at once: the script may end here. */
  async diverged(place: Place, { details }: DivergenceError): Promise<void> {
    const { recorded, fields, began, notExtended } = details;
    this.#calls.push({
      place,
      how: 'diverged',
      entry: null,
      origin: null,
      reason: { recorded, fields, began, notExtended },
    });
    // The divergence is the thing to tell, whatever becomes of the account.
    await this.keep().catch(() => undefined);
  }

  /** The model is deleted: there is nothing to keep an account for. */
  forget(): void {
    this.#calls.length = 0;
  }

  /** Recorded calls that a block has not made. */
  uncalled(entries: readonly OpEntry[]): void {
    for (const entry of entries) this.#uncalled.set(entry.id, entry);
  }

  /** Something to say at the end. */
  note(what: string): void {
    this.#notes.add(what);
  }

  get counts(): Report {
    const bytesAdded = this.#store.blobs.written - this.#writtenBefore;
    return { ...this.#counts, saved: this.#saved, spent: this.#spent, bytesAdded };
  }

  /** What is known of this process's calls so far. */
  get account(): RunAccount {
    return { calls: [...this.#calls], lines: this.lines() };
  }

  /** The script ends: what it calls no more is said, and its account kept. */
  async end(): Promise<void> {
    this.uncalled(await this.#noLonger());
    const lanes = new Map<string, string[]>();
    for (const entry of [...this.#uncalled.values()].toSorted((a, b) => a.id - b.id)) {
      const lane = `${entry.checkpoint}${entry.lane === 'handle' ? ', handle' : ''}`;
      lanes.set(lane, [...(lanes.get(lane) ?? []), titleOf(entry)]);
    }
    for (const [lane, titles] of lanes)
      this.note(`[${lane}] recorded, and no longer called: ${titles.join(', ')}. Kept.`);
    for (const { entry, policy } of this.#called.size === 0 ? [] : await this.#store.log.settlements(this.#model)) {
      if (!this.#called.has(entry)) continue;
      this.note(
        `'${policy} ${entry}' is still to come: the script makes the call that is recorded there. --undo takes it back.`,
      );
    }
    await this.keep();
  }

  /** The live calls of the last run that had one in common with this one, and that this one has not made. */
  async #noLonger(): Promise<readonly OpEntry[]> {
    if (this.#called.size === 0) return [];
    for (const row of await this.#store.log.runs(this.#model)) {
      if (row.id === this.#run) continue;
      const made = accountOf(row).calls.map((call) => (typeof call === 'number' ? call : call.entry));
      if (!made.some((id) => id !== null && this.#called.has(id))) continue;
      const left = made.filter((id) => id !== null && !this.#called.has(id));
      if (left.length === 0) return [];
      const live = await this.#store.log.entries({ model: this.#model, status: 'live' });
      // What stands where a call of this run stood was taken the place of, or has moved.
      return live.filter(({ id, kind }) => left.includes(id) && kind !== 'setup');
    }
    return [];
  }

  /** Writes the account where something is new in it and it was not written just now: a killed process leaves none behind. */
  async keepSoon(): Promise<void> {
    if (this.#kept === this.#news || this.#now() - this.#keptAt < 1000) return;
    await this.keep().catch(() => undefined);
  }

  /** Writes the account to the log, where calls were made. */
  async keep(): Promise<void> {
    if (this.#calls.length === 0) return;
    this.#kept = this.#news;
    this.#keptAt = this.#now();
    const row = { id: this.#run, model: this.#model, createdAt: this.#begun, body: encodeAccount(this.account) };
    this.#run = await this.#store.log.putRun(row);
  }

  /** Lines for the end of a script; none where nothing was called. */
  lines(): readonly string[] {
    const notes = [...this.#notes].map((what) => `reprise: ${what}`);
    const { hit, adopted, accepted, resumed, extended, run } = this.#counts;
    const known = hit + adopted + accepted + resumed + extended;
    if (known + run === 0) return notes;
    const computed = run + resumed + extended;
    const parts = [
      hit > 0 ? `${hit} replayed` : '',
      adopted > 0 ? `${adopted} adopted` : '',
      accepted > 0 ? `${accepted} accepted` : '',
      resumed > 0 ? `${resumed} resumed` : '',
      extended > 0 ? `${extended} extended` : '',
      `${run} run`,
    ].filter((part) => part !== '');
    const { bytesAdded } = this.counts;
    const did = [
      ...(known > 0 ? [`skipped work that had taken ${duration(this.#saved)}`] : []),
      ...(computed > 0 ? [`worked for ${duration(this.#spent)}`] : []),
      ...(bytesAdded > 0 ? [`added ${size(bytesAdded)}`] : []),
    ];
    return [
      `reprise: ${this.#model}: ${[parts.join(', '), did.join(', ')].filter((part) => part !== '').join('; ')}`,
      ...notes,
    ];
  }
}

/** Bytes for people: `512 B`, `1.2 MB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** unit;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toPrecision(2)} ${units[unit]}`;
}
