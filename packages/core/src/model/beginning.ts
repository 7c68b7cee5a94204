import { isPlainObject, refuse } from '../options/index.js';
import type { CheckpointOptions } from './model-options.js';
import { stateName, type StoredStateName } from './named-state.js';

/** Where a block begins. */
export type Beginning =
  /** Where it began before, else where the model is. */
  | { readonly kind: 'here' }
  /** The same, at the last or the best state of the train that led there. */
  | { readonly kind: 'behind'; readonly at: 'last' | 'best' }
  | { readonly kind: 'root' }
  | { readonly kind: 'named'; readonly name: string | StoredStateName }
  | { readonly kind: 'file'; readonly path: string };

const where = 'model.checkpoint()';

/** @throws OptionError `INVALID_OPTION` */
export function beginningIn({ from, resumeFrom }: CheckpointOptions): Beginning {
  if (resumeFrom === undefined) {
    if (from === undefined) return { kind: 'here' };
    return from === null ? { kind: 'root' } : named('from', from);
  }
  if (from !== undefined) refuse(where, 'resumeFrom', 'given without from: each says what to stand on', resumeFrom);
  if (resumeFrom === 'last' || resumeFrom === 'best') return { kind: 'behind', at: resumeFrom };
  if (typeof resumeFrom === 'string' && resumeFrom !== '') return { kind: 'file', path: resumeFrom };
  if (isPlainObject(resumeFrom)) return named('resumeFrom', resumeFrom);
  return refuse(
    where,
    'resumeFrom',
    "'last', 'best', the path of a file, or a state such as { checkpoint: 1, at: 'last' } or { tag: 'name' }",
    resumeFrom,
  );
}

function named(option: string, value: unknown): Beginning {
  const name = stateName(where, option, value);
  return typeof name === 'object' && 'file' in name ? { kind: 'file', path: name.file } : { kind: 'named', name };
}
