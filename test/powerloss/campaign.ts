import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Facts, Said } from '../durability/say.js';
import { scratchFolder } from '../durability/scratch.js';
import { Random } from '../oracle/random.js';
import { check, type Promised } from './check.js';
import { type Variant, variantsAt } from './cuts.js';
import { Disk } from './disk.js';
import type { Recording } from './mount.js';
import type { Operation } from './record.js';
import { newTally, type Tally } from './tally.js';

export interface CampaignOptions {
  readonly seed: number;
  /** Random parts of what was not synced, at each cut. */
  readonly parts: number;
  /** One of so many cuts, chosen at random. Default 1: all of them. */
  readonly oneOf?: number;
  /** Which operations the power may go after. Default: any. */
  readonly after?: (operation: Operation) => boolean;
  /** This process's share of the cuts: those whose number leaves this remainder. */
  readonly share?: { readonly part: number; readonly parts: number };
}

/** Plays a recording to the end, and looks at what the disk would hold had the power gone after each of its operations. */
export async function campaign(
  { operations, said }: Recording,
  { seed, parts, oneOf = 1, after = () => true, share = { part: 0, parts: 1 } }: CampaignOptions,
  report: (finding: string) => void,
): Promise<Tally> {
  const disk = new Disk();
  const tally = newTally();
  const steps = said.filter((line): line is Extract<Said, { done: string }> => 'done' in line);
  const factsAfter = (step: number): Facts => steps[Math.min(step, steps.length - 1)]?.facts ?? {};
  let resolved = 0;
  for (const [number, operation] of operations.entries()) {
    disk.apply(operation);
    if (operation.op === 'said') resolved = Math.min(operation.number + 1, steps.length);
    // Chosen by number, so that every share makes the same choices.
    const random = new Random(seed, `powerloss/${number}`);
    if (!after(operation) || !random.chance(1 / oneOf) || number % share.parts !== share.part) continue;
    const promised = { facts: resolved === 0 ? null : factsAfter(resolved - 1), next: factsAfter(resolved) };
    for (const variant of variantsAt(operation, disk.unsynced, random, parts)) {
      tally.cases++;
      const where = `cut after operation ${number} (${operation.op}), step '${steps[resolved]?.done ?? 'close'}', ${variant.name}`;
      await look(disk, variant, promised, tally, (finding) => report(`${where}: ${finding}`));
    }
  }
  return tally;
}

async function look(
  disk: Disk,
  { luck }: Variant,
  promised: Promised,
  tally: Tally,
  report: (finding: string) => void,
): Promise<void> {
  const scratch = await scratchFolder();
  try {
    disk.image(scratch, luck);
    for await (const [finding, what] of check(join(scratch, 'store'), promised)) {
      tally[finding]++;
      tally.violations++;
      report(`${finding}: ${what}`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
