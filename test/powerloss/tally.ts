/** What was done, and what was found that must not be. */
export interface Tally {
  /** Images of the disk that were opened and looked at. */
  cases: number;
  violations: number;
  /** Places, tags and blobs that had been promised, and were not there. */
  acknowledgedLost: number;
  /** What had been taken away, with a promise, and was there again. */
  resurrected: number;
  /** Rows that name what isn't there, or isn't whole. */
  dangling: number;
  /** Images that could not be opened, or not written to any more. */
  unusable: number;
}

export type Finding = Exclude<keyof Tally, 'cases' | 'violations'>;

export function newTally(): Tally {
  return { cases: 0, violations: 0, acknowledgedLost: 0, resurrected: 0, dangling: 0, unusable: 0 };
}

export function add(to: Tally, more: Tally): void {
  for (const name of Object.keys(to) as (keyof Tally)[]) to[name] += more[name];
}
