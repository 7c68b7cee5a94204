import type { Failure } from './campaign.js';
import { live } from './life.js';
import { showHistory } from './show.js';
import { shrunk } from './shrink.js';
import { newTally } from './tally.js';

/** What was found, with the smallest history that shows it, as text. */
export async function reproduction(seed: number, { number, steps, finding }: Failure, budget: number): Promise<string> {
  const least = await shrunk(steps, finding.about, budget);
  const shown = await live(least, newTally());
  return [
    `== ${finding.kind}: ${finding.about} (seed ${seed}, history ${number}, edit ${finding.step})`,
    finding.text,
    `The least history that shows one (${least.length} of ${steps.length} versions):`,
    showHistory(least),
    ...shown.map(({ kind, step, text }) => `${kind} at version ${step}: ${text}`),
  ].join('\n');
}
