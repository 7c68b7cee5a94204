import { history } from './history.js';
import { type Finding, live, type Step } from './life.js';
import { add, newTally, type Tally } from './tally.js';

/** A history that showed something, and the first finding of its sort in it. */
export interface Failure {
  readonly number: number;
  readonly steps: readonly Step[];
  readonly finding: Finding;
}

/** How many versions a history has. */
export const historyLength = 12;

/** Plays histories, and keeps the first that shows each sort of finding. */
export async function campaign(seed: number, numbers: readonly number[], tally: Tally): Promise<readonly Failure[]> {
  const failures = new Map<string, Failure>();
  for (const number of numbers) {
    const steps = history(seed, number, historyLength);
    const own = newTally();
    const findings = await live(steps, own);
    add(tally, own);
    for (const finding of findings) {
      if (!failures.has(finding.about)) failures.set(finding.about, { number, steps, finding });
    }
  }
  return [...failures.values()];
}
