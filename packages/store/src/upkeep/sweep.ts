import type { OnProgress } from '@reprise/core';
import type { Tally } from './tally.js';
import type { UpkeepParts } from './parts.js';

/** One collection under way: what its steps share. */
export interface Sweep extends UpkeepParts {
  readonly tally: Tally;
  readonly dryRun: boolean;
  /** What is younger, in milliseconds since 1970, stays. */
  readonly cutoff: number;
  /** Superseded ops that are older go. */
  readonly supersededBefore: number | undefined;
  readonly progress: OnProgress;
  /** Runs a part of the work as one transaction. A dry run is inside one already, which is undone. */
  readonly write: <T>(body: () => T) => T;
}

/** Rows that one transaction changes at most: other writers wait some milliseconds for it. */
export const batch: number = 500;

/** What was recorded together is there at once; what isn't named this long after can only be a leftover. */
export const leftoverAge: number = 60_000;
