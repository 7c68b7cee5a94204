import * as fc from 'fast-check';
import { type Plan, plan } from './plan.js';
import { play } from './play.js';

export interface Tally {
  cases: number;
  violations: number;
  liveBlobsDeleted: number;
  steps: number;
}

/** A plan that showed something that must not happen. */
export interface Failure {
  readonly plan: Plan;
  readonly violations: readonly string[];
}

/** Plays so many plans, and keeps the first that fail. */
export async function campaign(
  seed: number,
  cases: number,
): Promise<{ readonly tally: Tally; readonly failures: readonly Failure[] }> {
  const tally: Tally = { cases: 0, violations: 0, liveBlobsDeleted: 0, steps: 0 };
  const failures: Failure[] = [];
  for (const each of fc.sample(plan, { seed, numRuns: cases })) {
    const { violations, lost, steps } = await play(each);
    tally.cases += 1;
    tally.violations += violations.length;
    tally.liveBlobsDeleted += lost;
    tally.steps += steps;
    if (violations.length > 0 && failures.length < 3) failures.push({ plan: each, violations });
  }
  return { tally, failures };
}

/** The smallest plan that still fails, as far as some seconds of looking find one. */
export async function shrunk({ plan: found, violations }: Failure, milliseconds: number): Promise<Failure> {
  const property = fc.asyncProperty(plan, async (each) => (await play(each)).violations.length === 0);
  const { counterexample } = await fc.check(property, {
    examples: [[found]],
    numRuns: 1,
    interruptAfterTimeLimit: milliseconds,
  });
  const smallest = counterexample?.[0];
  if (smallest === undefined) return { plan: found, violations };
  return { plan: smallest, violations: (await play(smallest)).violations };
}

export function report({ plan: failing, violations }: Failure): string {
  return `${violations.join('\n')}\n${JSON.stringify(failing)}`;
}
