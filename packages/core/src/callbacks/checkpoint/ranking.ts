import type { SavedCheckpoint } from '../callback.js';

/**
 * Those of these that stay: the best first; where nothing is monitored, the newest first. NaN ranks behind all numbers; of equals, the one that was saved first is better.
 * @param topK −1: all of them
 */
export function ranked(all: readonly SavedCheckpoint[], mode: 'min' | 'max', topK: number): readonly SavedCheckpoint[] {
  const sign = mode === 'min' ? 1 : -1;
  const monitors = all.some(({ value }) => value !== null);
  const sorted = monitors
    ? [...all].sort((a, b) => compare(valueOf(a), valueOf(b), sign) || age(a, b))
    : [...all].sort((a, b) => age(b, a));
  return topK < 0 ? sorted : sorted.slice(0, topK);
}

function valueOf({ value }: SavedCheckpoint): number {
  return value ?? Number.NaN;
}

/** Infinities are among them, whose difference is no number. */
function compare(a: number, b: number, sign: 1 | -1): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -sign : a > b ? sign : 0;
}

/** Below 0 where the first is older. An epoch's end comes behind its last step, of the same number. */
function age(a: SavedCheckpoint, b: SavedCheckpoint): number {
  return a.step - b.step || a.epochs - b.epochs || a.steps - b.steps;
}
