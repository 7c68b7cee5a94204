import type { Place } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import { type Answer, type CallAccount, encodeAccount, type RunAccount } from '../replay/account.js';
import type { Answered } from '../replay/call.js';
import type { DivergenceError } from '../replay/divergence.js';
import { duration } from '../replay/place.js';

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
  readonly #writtenBefore: number;
  readonly #counts: Record<Answer, number> = { hit: 0, adopted: 0, accepted: 0, resumed: 0, extended: 0, run: 0 };
  readonly #calls: (number | CallAccount)[] = [];
  readonly #notes = new Set<string>();
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
    this.#writtenBefore = parts.store.blobs.written;
  }

  add({ how, entry, origin, record, ran, reason, saved }: Answered): void {
    this.#counts[how]++;
    this.#saved += saved;
    if (ran) this.#spent += record.cost - saved;
    if (how === 'hit' || reason === null) {
      this.#calls.push(entry.id);
      return;
    }
    const { model, checkpoint, lane, kind, name, occurrence, id } = entry;
    const place = { model, checkpoint, lane, kind, name, occurrence };
    const from = origin !== null && 'id' in origin ? origin.id : entry.origin;
    this.#calls.push({ place, how, entry: id, origin: from, reason });
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

  /** Writes the account to the log, where calls were made. */
  async keep(): Promise<void> {
    if (this.#calls.length === 0) return;
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
