import { checkPatterns } from '../components/patterns.js';
import { boolean, isPlainObject, refuse } from '../options/index.js';
import type { Fields } from '../replay/fields.js';

/** Which weights go where, and what may be lacking. */
export interface LoadWeightsOptions {
  /**
   * Whether every parameter and buffer has to be given, with its type and shape, and nothing else. False loads what fits, and says what was left out.
   * Default true.
   */
  readonly strict?: boolean;
  /**
   * Names as the source has them, and as the net has them: `{ 'encoder.*': 'backbone.*' }`. `*` stands for any characters, dots included, and what it stood for
   * comes in its place on the right. The first that fits a name counts.
   */
  readonly rename?: { readonly [from: string]: string };
  /** Nothing but these of the net's names: `['backbone.*']`. The others stay as they are, and need not be given. */
  readonly only?: readonly string[];
  /** All but these. */
  readonly except?: readonly string[];
}

export const loadWeightsOptionNames: readonly (keyof LoadWeightsOptions)[] = ['strict', 'rename', 'only', 'except'];

/** The options, checked and complete. */
export interface LoadSettings {
  readonly strict: boolean;
  readonly rename: readonly (readonly [from: string, to: string])[];
  /** Null: all. */
  readonly only: readonly string[] | null;
  readonly except: readonly string[];
}

/** @throws OptionError `INVALID_OPTION` */
export function parseLoadOptions(where: string, options: LoadWeightsOptions): LoadSettings {
  const { strict = true, rename = {}, only = null, except = [] } = options;
  boolean(where, 'strict', strict);
  if (only !== null) checkPatterns(where, 'only', only);
  checkPatterns(where, 'except', except);
  if (!isPlainObject(rename) || !Object.entries(rename).every(isRule)) {
    refuse(
      where,
      'rename',
      "names by names such as { 'old.*': 'new.*' }, with no more * on the right than on the left",
      rename,
    );
  }
  return { strict, rename: Object.entries(rename), only, except };
}

/** What a fingerprint says of them: only what was asked for. */
export function loadFields({ strict, rename, only, except }: LoadSettings): Fields {
  return {
    ...(strict ? {} : { strict }),
    ...(rename.length === 0 ? {} : { rename }),
    ...(only === null ? {} : { only }),
    ...(except.length === 0 ? {} : { except }),
  };
}

function isRule([from, to]: readonly [string, unknown]): boolean {
  return from !== '' && typeof to === 'string' && to !== '' && stars(to) <= stars(from);
}

function stars(pattern: string): number {
  return pattern.split('*').length - 1;
}
