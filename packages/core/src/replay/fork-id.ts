import type { Fingerprint } from '../values/digest.js';

/** The id of a fork: that of the checkpoint that it left, and the beginning of the call's fingerprint. */
export function forkId(base: string, fingerprint: Fingerprint): string {
  // Ids have an end. No half of a character is left at it.
  const short = base.slice(0, 190).replace(/[\uD800-\uDBFF]$/, '');
  return `${short}~${fingerprint.slice(fingerprint.indexOf('-') + 1).slice(0, 8)}`;
}
