import { checkNumber } from '../components/checks.js';
import { checkOptions } from '../options/check-options.js';
import { refuse } from '../options/validators.js';
import type { Clip } from '../ports/engine.js';

/** How far gradients may go: all of them together, by their norm, or each number, by its size. */
export type ClipOptions =
  | {
      /** The Euclidean norm of all gradients as one vector is at most this; where it is more, all are scaled down alike. */
      readonly norm: number;
    }
  | {
      /** Each number of a gradient is at most this, and at least minus this. */
      readonly value: number;
    };

/** @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function parseClip(where: string, value: unknown): Clip | null {
  if (value === undefined) return null;
  checkOptions(`${where} clip`, value, ['norm', 'value']);
  const [given, ...more] = Object.entries(value as ClipOptions);
  if (given === undefined || more.length > 0) refuse(where, 'clip', 'either { norm: … } or { value: … }', value);
  const [by, most] = given as [Clip['by'], number];
  checkNumber(`${where} clip`, by, most, { above: 0 });
  return { by, most };
}

/** What a fingerprint says of it. Nothing where nothing is clipped: calls that were recorded before there was such a thing keep theirs. */
export function clipFields(clip: Clip | null): { readonly clip?: { readonly by: string; readonly most: number } } {
  return clip === null ? {} : { clip: { ...clip } };
}
