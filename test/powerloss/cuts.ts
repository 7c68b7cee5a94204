import type { Random } from '../oracle/random.js';
import { everything, type Luck, nothing } from './disk.js';
import type { Operation } from './record.js';

/** What reached the disk of what was not synced. */
export interface Variant {
  readonly name: string;
  readonly luck: Luck;
}

const sector = 512;

/** Any part of it, more or less of it; a write can be cut off between two sectors. */
function some(random: Random): Luck {
  const share = random.pick([0.1, 0.5, 0.9]);
  return {
    survives: () => random.chance(share),
    torn: (bytes) =>
      random.chance(0.8) ? bytes : Math.min(bytes, sector * random.below(Math.ceil(bytes / sector) + 1)),
  };
}

/**
 * What is looked at when the power goes right after an operation. Nothing that was not synced: only where a sync, or a promise, has just changed what
 * that means. Everything, and parts: after every other one.
 */
export function variantsAt({ op }: Operation, unsynced: boolean, random: Random, parts: number): readonly Variant[] {
  const strict = { name: 'only what was synced', luck: nothing };
  const partial = Array.from({ length: parts }, () => ({ name: 'a part of what was not synced', luck: some(random) }));
  if (op === 'sync' || op === 'syncFolder' || op === 'said') return unsynced ? [strict, ...partial] : [strict];
  return [{ name: 'all of what was not synced', luck: everything }, ...partial];
}
