/** What was done, and what was found that must not be. */
export interface Tally {
  /** Processes that had one system call tampered with. */
  cases: number;
  violations: number;
  /** Killed at the call. */
  crashed: number;
  /** Whose call failed with EIO. */
  failed: number;
  /** Whose call failed with ENOSPC. */
  full: number;
  /** Of those two: that went on to their end all the same, as where a file could not be closed. */
  bore: number;
  /** Of those two: that ended with a typed error, by its code. */
  readonly errors: { [code: string]: number };
  /** Of those two: that ended with another one. A violation each. */
  untypedErrors: number;
  /** Calls that did not come in that run. */
  unreached: number;
}

export function newTally(): Tally {
  const found = { crashed: 0, failed: 0, full: 0, bore: 0, errors: {}, untypedErrors: 0, unreached: 0 };
  return { cases: 0, violations: 0, ...found };
}
