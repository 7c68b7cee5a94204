/** What was done, and what was found that must not be. */
export interface Tally {
  /** Cycles: one or all of the processes killed, the store looked at, what was killed started again. */
  cases: number;
  violations: number;
  /** Calls that had resolved and are no longer recorded. */
  lost: number;
  /** Places with several live ops, or where two processes recorded a train or an evaluation. */
  duplicated: number;
  /** Rows that name what isn't there, or isn't whole. */
  dangling: number;
  /** Runs that ended in other states than an undisturbed one. */
  wrongDigests: number;
  /** Files that garbage collection leaves once all is over, though nothing needs them; and damage, as the store itself sees it. */
  leftBehind: number;
  /** Processes that failed, or hung, of themselves. */
  failed: number;
  /** Of `open` and `setup`, which cost nothing and wait for nobody: places where two processes recorded the same call, one after the other. Not counted among the violations. */
  recordedTwice: number;
  /** Runs that came to their end, killed before or not. */
  completed: number;
  /** Processes killed, by what they were doing. */
  readonly killed: { [phase: string]: number };
}

export type Finding = 'lost' | 'duplicated' | 'dangling' | 'wrongDigests' | 'leftBehind' | 'failed';

export function newTally(): Tally {
  const found = { lost: 0, duplicated: 0, dangling: 0, wrongDigests: 0, leftBehind: 0, failed: 0 };
  return { cases: 0, violations: 0, ...found, recordedTwice: 0, completed: 0, killed: {} };
}
