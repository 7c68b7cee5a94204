import { freshScheduler } from '../components/schedule.js';
import { checkOptions, isPlainObject } from '../options/check-options.js';
import { boolean, refuse } from '../options/validators.js';
import { OptionError } from '../errors/option-error.js';
import { nearest } from '../options/nearest.js';
import type { Fields } from '../replay/fields.js';
import type { Manifest, StoredScheduler } from '../state/manifest.js';
import type { StoredStateDicts } from '../state/stored-state-dicts.js';

/** What a block goes on with of the state that it stands on. */
export interface RestoreOptions {
  /** These alone: `net`, `optimizer`, `epochScheduler`, `stepScheduler`, `loop`, and what was registered, by name. The others begin anew. */
  readonly only?: readonly string[];
  /** All but these, which begin anew. */
  readonly except?: readonly string[];
  /** What was registered under a name goes on under another. */
  readonly rename?: { readonly [name: string]: string };
  /** Whether what was registered and isn't in this block is an error. Default true; else it is carried along unused. */
  readonly strict?: boolean;
}

const parts = ['net', 'optimizer', 'epochScheduler', 'stepScheduler', 'loop'] as const;

/** @throws OptionError */
export function checkRestore(value: unknown): asserts value is RestoreOptions {
  const where = 'setup() restore';
  checkOptions(where, value, ['only', 'except', 'rename', 'strict']);
  const { only, except, rename, strict } = value as RestoreOptions;
  if (only !== undefined && except !== undefined) refuse(where, 'only and except', 'given one at a time', value);
  for (const [option, names] of Object.entries({ only, except })) {
    if (names === undefined) continue;
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && name !== ''))
      refuse(where, option, `an array of names: ${parts.join(', ')}, and what was registered`, names);
  }
  if (
    rename !== undefined &&
    (!isPlainObject(rename) || !Object.values(rename).every((to) => typeof to === 'string' && to !== ''))
  )
    refuse(where, 'rename', "names by names, such as { ema: 'average' }", rename);
  if (strict !== undefined) boolean(where, 'strict', strict);
}

/** What of it decides the state that a setup leads to. */
export function restoreFields({ only, except, rename }: RestoreOptions): Fields {
  return {
    ...(only !== undefined && { 'restore.only': [...only] }),
    ...(except !== undefined && { 'restore.except': [...except] }),
    ...(rename !== undefined && { 'restore.rename': { ...rename } }),
  };
}

/**
 * A state without what is to begin anew.
 * @throws OptionError `INVALID_OPTION` where a name is that of nothing in the state
 */
export function restored(manifest: Manifest, { only, except, rename = {} }: RestoreOptions): Manifest {
  const own = Object.keys(manifest.statefuls ?? {});
  const known = [...parts, ...own];
  for (const name of [...(only ?? []), ...(except ?? []), ...Object.keys(rename)]) {
    const among = Object.hasOwn(rename, name) ? own : known;
    if (!among.includes(name)) throw unknown(name, among);
  }
  const stays = (name: string): boolean => (only === undefined ? except?.includes(name) !== true : only.includes(name));
  const { statefuls: _, ...rest } = manifest;
  const { net, optimizer, epochScheduler, stepScheduler, loop } = manifest;
  const statefuls = renamed(
    own.filter(stays).map((name) => [name, manifest.statefuls?.[name]] as const),
    rename,
  );
  return {
    ...rest,
    net: stays('net') ? net : { ...net, fresh: true, tensors: {} },
    optimizer: stays('optimizer') || optimizer === null ? optimizer : { ...optimizer, state: null },
    epochScheduler: stays('epochScheduler') ? epochScheduler : fresh(epochScheduler),
    stepScheduler: stays('stepScheduler') ? stepScheduler : fresh(stepScheduler),
    loop: stays('loop') ? loop : { epoch: 0, step: 0 },
    ...(Object.keys(statefuls).length > 0 && { statefuls }),
  };
}

function renamed(
  states: readonly (readonly [string, StoredStateDicts[string] | undefined])[],
  rename: { readonly [name: string]: string },
): StoredStateDicts {
  const all: { [name: string]: StoredStateDicts[string] } = {};
  for (const [name, state] of states) {
    const to = (Object.hasOwn(rename, name) ? rename[name] : undefined) ?? name;
    if (Object.hasOwn(all, to)) refuse('setup() restore', 'rename', 'names that differ', rename);
    if (state !== undefined) all[to] = state;
  }
  return all;
}

/** A scheduler that has not stepped. Its state is a function of its numbers alone. */
function fresh(stored: StoredScheduler | null): StoredScheduler | null {
  if (stored === null) return null;
  const { kind, args } = stored.recipe;
  return { recipe: stored.recipe, state: freshScheduler({ kind, args }).state };
}

function unknown(name: string, known: readonly string[]): OptionError {
  const where = 'setup() restore';
  const close = nearest(name, known);
  const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
  return new OptionError(
    'INVALID_OPTION',
    `${where}: the state that the block goes on from has no '${name}'.${hint} It has ${known.join(', ') || 'nothing that was registered'}.`,
    { where, option: 'restore', known, ...(close === undefined ? {} : { nearest: close }) },
  );
}
