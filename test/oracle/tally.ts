import type { Answer } from '@reprise/core';

/** What a campaign counted. All of it adds up over histories. */
export interface Tally {
  /** Runs of an edited script that were compared with an uncached one. */
  cases: number;
  calls: number;
  /** Values or digests that differ from the uncached run's. */
  staleHits: number;
  /** Calls that worked though the store had answered them, and nothing that decides them had changed. */
  unexplainedMisses: number;
  /** Calls that worked more than they had to, by what is known of the store. */
  unneededRuns: number;
  /** Other promises that were broken: work on a hit, an absent score that wasn't said, … */
  broken: number;
  /** Stale hits and broken promises by what they are cases of. */
  faults: { [about: string]: number };
  unneededByKind: { [kind: string]: number };
  /** Steps of trains that were gone on with, and steps that this spared. */
  stepsSpared: number;
  answers: { [how in Answer | 'none']?: number };
  edits: { [name: string]: number };
  errors: { [code: string]: number };
  /** Values that an observer lacked, and the report said so. */
  absences: number;
  /** Runs that loaded the engine and computed nothing. */
  idleLoads: number;
  divergences: number;
  /** How versions were run for the first time. */
  ways: { [way: string]: number };
}

export const newTally = (): Tally => ({
  cases: 0,
  calls: 0,
  staleHits: 0,
  unexplainedMisses: 0,
  unneededRuns: 0,
  broken: 0,
  faults: {},
  unneededByKind: {},
  stepsSpared: 0,
  answers: {},
  edits: {},
  errors: {},
  absences: 0,
  idleLoads: 0,
  divergences: 0,
  ways: {},
});

export function count(of: { [name: string]: number }, name: string, by: number = 1): void {
  of[name] = (of[name] ?? 0) + by;
}

/** Adds one tally to another. */
export function add(to: Tally, more: Tally): void {
  const target = to as unknown as { [name: string]: number | { [name: string]: number } };
  for (const [name, value] of Object.entries(more) as [string, number | { [name: string]: number }][]) {
    const there = target[name];
    if (typeof value === 'number') target[name] = (there as number) + value;
    else for (const [kind, n] of Object.entries(value)) count(there as { [name: string]: number }, kind, n);
  }
}
