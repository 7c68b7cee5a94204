import { decodeVerified, encode } from '../codec/index.js';
import type { Place, RunRow } from '../ports/op-log.js';
import type { Plain } from '../values/plain.js';
import type { FieldChange } from './fields.js';

/**
 * How a call was answered: `hit` (recorded at its place), `adopted` (recorded elsewhere), `accepted` (another call's record, as agreed),
 * `resumed` (a killed train, gone on with), `extended` (a train of fewer epochs, gone on with), `run` (nothing knew it).
 */
export type Answer = 'hit' | 'adopted' | 'accepted' | 'resumed' | 'extended' | 'run';

/** Why a call was not a hit: what was recorded at its place, and in what it differs from that. */
export interface Reason {
  /** The entry that it was compared with: that at its place, else the last one that was there; null where there never was one. */
  readonly recorded: number | null;
  /** The deciding arguments that differ. */
  readonly fields: readonly FieldChange[];
  /** Where upstream the state before began to differ, in words; null where it didn't. */
  readonly began: string | null;
  /** Why it could not be extended, where only the number of epochs grew; null elsewhere. */
  readonly notExtended: string | null;
}

/** One call of a run that was not a hit. */
export interface CallAccount {
  readonly place: Place;
  readonly how: Exclude<Answer, 'hit'> | 'diverged';
  /** Its entry in the log; null where it diverged, which leaves the log as it was. */
  readonly entry: number | null;
  /** The entry that the record was taken, or gone on with, from. */
  readonly origin: number | null;
  readonly reason: Reason;
}

/** What one process did with a model, kept to explain it later. */
export interface RunAccount {
  /** In the order of the calls; the number of an entry is a hit on it. */
  readonly calls: readonly (number | CallAccount)[];
  /** What was said at the end. */
  readonly lines: readonly string[];
}

export function encodeAccount(account: RunAccount): Uint8Array {
  return encode(account as unknown as Plain);
}

export function accountOf({ body }: RunRow): RunAccount {
  return decodeVerified(body) as unknown as RunAccount;
}
