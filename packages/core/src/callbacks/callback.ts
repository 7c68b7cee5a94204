import type { Recipe } from '../components/recipe.js';
import { type FunctionOptions, type UserFunction, userFunction } from '../functions/user-function.js';
import { OptionError } from '../errors/option-error.js';
import { checkOptions } from '../options/check-options.js';
import { nearest } from '../options/nearest.js';
import { boolean, func, refuse } from '../options/validators.js';
import type { Tensors } from '../values/tensor.js';
import type { Plain } from '../values/plain.js';
import type { TrainPosition } from './context.js';
import { type HookName, hookNames, type Hooks } from './hooks.js';
import { copyOfState, type Stateful, type StateDict } from './stateful.js';

/**
 * Something that is told what a train comes by, in the order in which it is given. Made by `callback()`, `earlyStopping()`, `ema()` and the others; an
 * object of one's own class will do too, if it has a `name` and a `key`.
 */
export interface Callback extends Hooks, Partial<Stateful> {
  /** Different from that of every other callback of the call. Its state is kept under it. */
  readonly name: string;
  /** Stands for what an object of one's own class does: change it when that changes. `callback()` needs none. */
  readonly key?: string;
  /**
   * Whether it only looks on: then it is no part of what identifies the call, and may neither stop training nor change parameters. A record that was made
   * without it is replayed without it. Default false.
   */
  readonly observes?: boolean;
  /**
   * The scores that it looks at, as `val_loss`: those decide with it, and it is shown no others. Default: all, where it has a hook of a validation or at the end
   * of an epoch; else none. `[]` says that such a hook looks at none.
   */
  readonly monitors?: readonly string[];
  /** Whether it leaves nothing in results either, as one that writes files: a record that was made without it lacks nothing. Default false. */
  readonly presents?: boolean;
  /** Whether its state stays in the state that a train leads to: of what a block has registered. */
  readonly carried?: boolean;
  /** All that decides what it does, where it has no `key`. */
  readonly identity?: Recipe;
  /**
   * Parameters to validate with and to end with in place of those that are trained; null: none yet. The arrays are never written to again.
   * What is watched is then their value, and the best epoch's are what `loadBest` goes back to.
   */
  averages?(): Tensors | null;
  /** The checkpoints that it keeps: they are told with the result. */
  saved?(): SavedCheckpoints;
  /** The file of a checkpoint by its name; null: none. */
  fileOf?(name: string): string | null;
  /** Some of the checkpoints that it keeps, by what is stored, may be gone: a longer train of the same series let them go. @param isThere whether one is not */
  lost?(isThere: (at: TrainPosition) => boolean): void;
  /** Paths of the files that it writes, or what those are made of: no two callbacks of a call may have one in common. */
  readonly writes?: readonly string[];
  /** A file for where training stands when it throws; null: none. */
  exceptionFile?(at: { readonly epoch: number; readonly step: number }): SavedFile | null;
}

/** A file that a state is written to. */
export interface SavedFile {
  readonly path: string;
  /** Whether it has the net only. */
  readonly weightsOnly: boolean;
}

/** A checkpoint that a callback keeps of a train. */
export interface SavedCheckpoint extends TrainPosition {
  /** What it is called. */
  readonly name: string;
  /** Updates over the life of the state. */
  readonly step: number;
  /** What was monitored; null where nothing was. */
  readonly value: number | null;
  /** The file that it was written to; null where to none. */
  readonly path: string | null;
}

/** What a callback keeps of a train, the files included. */
export interface SavedCheckpoints {
  /** The best first; where nothing is monitored, the newest first. */
  readonly kept: readonly SavedCheckpoint[];
  /** The newest, where that is asked for. */
  readonly last: SavedCheckpoint | null;
  readonly weightsOnly: boolean;
}

/** The hooks of {@link callback}: each is given the callback's state after what a hook is given anyway. */
export type StatefulHooks<S> = {
  readonly [N in HookName]?: NonNullable<Hooks[N]> extends (...args: infer A) => infer R
    ? (...args: [...A, state: S]) => R
    : never;
};

/** What {@link callback} is made of. */
export type CallbackDefinition<S> = StatefulHooks<S> & {
  /** What it keeps, at the beginning: plain data, which its hooks may write to. Saved with snapshots, and restored. */
  readonly state?: S;
  /** As in {@link Callback}. */
  readonly observes?: boolean;
  /** As in {@link Callback}. */
  readonly monitors?: readonly string[];
};

/**
 * A callback of one's own. Its hooks are fingerprinted by their source: what they close over is given in `deps`, or a `key` stands for all of them.
 *
 * ```ts
 * callback('patient', {
 *   state: { worse: 0, last: Infinity },
 *   onEpochEnd(ctx, state) {
 *     state.worse = ctx.scores.val_loss < state.last ? 0 : state.worse + 1;
 *     state.last = ctx.scores.val_loss;
 *     if (state.worse === 3) ctx.stop('worse three times');
 *   },
 * })
 * ```
 * @throws OptionError `UNKNOWN_OPTION` for a hook that doesn't exist, `INVALID_OPTION`
 */
export function callback<S extends Plain = undefined>(
  name: string,
  definition: CallbackDefinition<S>,
  options: FunctionOptions = {},
): Callback {
  checkName('callback()', name);
  const where = `callback('${name}')`;
  checkOptions(where, definition, ['state', 'observes', 'monitors', ...hookNames]);
  checkOptions(where, options, ['deps', 'key']);
  const { state: initial, observes = false, monitors } = definition;
  boolean(where, 'observes', observes);
  if (monitors !== undefined) checkMonitorNames(where, monitors);
  const given = hookNames.filter((hook) => definition[hook] !== undefined);
  if (given.length === 0) refuse(where, 'the callback', `given one hook at least, such as onEpochEnd`, definition);
  for (const hook of given) func(where, hook, definition[hook]);
  const functions = given.map((hook): [string, UserFunction] => [
    hook,
    userFunction(definition[hook] as UserFunction['call'], options),
  ]);
  if (initial !== undefined && (typeof initial !== 'object' || initial === null))
    refuse(where, 'state', 'an object, which hooks can write to, such as { count: 0 }', initial);
  const copied = (value: S): S => copyOfState(where, { state: value })['state'] as S;
  let state = copied(initial as S);
  const hooks = given.map((hook) => {
    const body = definition[hook] as (...args: unknown[]) => unknown;
    return [hook, (...args: unknown[]) => body(...args, state)] as const;
  });
  return {
    name,
    observes,
    ...(monitors === undefined ? {} : { monitors }),
    identity: {
      kind: 'custom',
      args: { ...Object.fromEntries(functions), ...(initial === undefined ? {} : { state: copied(initial) }) },
    },
    ...(Object.fromEntries(hooks) as Hooks),
    ...(initial === undefined
      ? {}
      : {
          stateDict: (): StateDict => ({ state }),
          loadStateDict: (saved: StateDict): void => {
            // A copy already.
            state = saved['state'] as S;
          },
        }),
  };
}

/**
 * @throws OptionError `INVALID_OPTION` unless the value is an array of callbacks with different names, each of which has its identity, and hooks that exist
 */
export function checkCallbacks(where: string, value: unknown): asserts value is readonly Callback[] {
  if (!Array.isArray(value)) refuse(where, 'callbacks', 'an array of callbacks such as [earlyStopping({ … })]', value);
  for (const each of value as readonly unknown[]) checkCallback(where, each);
  checkNames(where, value as readonly Callback[]);
  checkWrites(where, value as readonly Callback[]);
}

/** @throws OptionError `INVALID_OPTION` where two would write the same files */
function checkWrites(where: string, callbacks: readonly Callback[]): void {
  const writers = new Map<string, string>();
  for (const { name, writes = [] } of callbacks) {
    for (const path of writes) {
      const other = writers.get(path);
      if (other !== undefined)
        refuse(
          `${where} callback '${name}'`,
          'dirpath or filename',
          `another than that of '${other}', which writes there too`,
          path,
        );
      writers.set(path, name);
    }
  }
}

/** @throws OptionError `INVALID_OPTION` where two have one name */
export function checkNames(where: string, callbacks: readonly Callback[]): void {
  const names = new Set<string>();
  for (const { name } of callbacks) {
    if (names.has(name)) refuse(where, 'callbacks', `without two of the name '${name}'`, callbacks);
    names.add(name);
  }
}

function checkCallback(where: string, value: unknown): asserts value is Callback {
  if (typeof value !== 'object' || value === null)
    refuse(where, 'callbacks', 'made of callbacks such as earlyStopping({ … })', value);
  const given = value as Partial<Callback>;
  checkName(where, given.name);
  const of = `${where} callback '${given.name}'`;
  checkSpelling(of, value);
  for (const hook of [...hookNames, ...otherMethods]) if (given[hook] !== undefined) func(of, hook, given[hook]);
  for (const flag of ['observes', 'presents'] as const) if (given[flag] !== undefined) boolean(of, flag, given[flag]);
  if (given.identity === undefined && (typeof given.key !== 'string' || given.key === ''))
    refuse(of, 'key', 'given: a text that stands for what it does, and changes with that', given.key);
  if ((given.stateDict === undefined) !== (given.loadStateDict === undefined))
    refuse(of, 'stateDict and loadStateDict', 'given both, or neither', given.stateDict);
  if (given.averages !== undefined && (given.observes === true || given.presents === true))
    refuse(of, 'averages', 'left out where it only looks on: they decide what training ends with', given.averages);
  if (given.monitors !== undefined) checkMonitorNames(of, given.monitors);
}

const otherMethods = ['averages', 'saved', 'lost', 'exceptionFile', 'stateDict', 'loadStateDict'] as const;

/** What states are stored by, and what fields of a call are called by. */
function checkName(where: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '' || /[/.]/.test(name) || name in Object.prototype)
    refuse(
      where,
      'the name of a callback',
      "a text of your own, not 'constructor' and the like, without '/' and '.'",
      name,
    );
}

/** A hook that is spelt otherwise would never be called: `onTrainStart`, `on_epoch_end`, `onepochend`. */
function checkSpelling(of: string, value: object): void {
  const lowered = new Set(hookNames.map((hook) => hook.toLowerCase()));
  const names = namesOf(value).filter((name) => !hookNames.includes(name as HookName) && !name.startsWith('_'));
  const wrong = names.find((name) => /^on[A-Z_]/.test(name) || lowered.has(name.replaceAll('_', '').toLowerCase()));
  if (wrong === undefined) return;
  // As Keras and Lightning have it.
  const usual = wrong
    .replaceAll('_', '')
    .replace(/batch/i, 'Step')
    .replace(/train(?=.)/i, '');
  const close = nearest(usual, hookNames);
  const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
  throw new OptionError(
    'UNKNOWN_OPTION',
    `${of} has '${wrong}', and there is no such hook.${hint} Hooks are ${hookNames.join(', ')}.`,
    { where: of, option: wrong, known: hookNames, ...(close === undefined ? {} : { nearest: close }) },
  );
}

/**
 * Whether there will be what callbacks look at. Where one of them may log it, only time can tell: what decides looks at nothing that observers log.
 * @throws OptionError `INVALID_OPTION`
 */
export function checkCallbackMonitors(where: string, callbacks: readonly Callback[], scores: readonly string[]): void {
  for (const each of callbacks) {
    const { name, monitors = [] } = each;
    if (callbacks.some((other) => mayLog(other) && (decides(other) || !decides(each)))) continue;
    const unknown = monitors.find((monitor) => !scores.includes(monitor));
    if (unknown === undefined) continue;
    const close = nearest(unknown, scores);
    const hint = close === undefined ? '' : `, perhaps '${close}'`;
    const remedy = unknown.startsWith('val_') && !scores.includes('val_loss') ? ' (it has no validation data)' : '';
    refuse(
      `${where} callback '${name}'`,
      'monitor',
      `a score of this call${remedy}: ${scores.join(', ')}${hint}`,
      unknown,
    );
  }
}

/** Whether a callback can log quantities. */
export function mayLog({ identity, presents }: Callback): boolean {
  if (presents === true) return false;
  return identity === undefined || identity.kind === 'custom' || identity.kind === 'lrMonitor';
}

function checkMonitorNames(where: string, value: unknown): void {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string' && each !== ''))
    refuse(where, 'monitors', "an array of scores' names such as ['val_loss']", value);
}

/** The names of an object's members, those of its class among them. */
function namesOf(value: object): readonly string[] {
  const names: string[] = [];
  for (
    let at: object | null = value;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    names.push(...Object.getOwnPropertyNames(at));
  return names;
}

/** Whether it has anything to do with what training comes to. */
export function decides({ observes, presents }: Callback): boolean {
  return observes !== true && presents !== true;
}

/** Whether it has a state to be saved. */
export function isStateful(each: Callback): each is Callback & Stateful {
  return each.stateDict !== undefined && each.loadStateDict !== undefined;
}

/** The scores that a callback's doings depend on; `all` where it doesn't say. */
export function monitorsOfCallback(each: Callback): readonly string[] | 'all' {
  if (!decides(each)) return [];
  if (each.monitors !== undefined) return each.monitors;
  return scoredHooks.some((hook) => each[hook] !== undefined) ? 'all' : [];
}

const scoredHooks: readonly HookName[] = ['onValidationStart', 'onValidationEnd', 'onEpochEnd', 'onFitEnd'];

/** Whether what it does depends on whether there is validation data, whatever it looks at. */
export function mindsValidation(each: Callback): boolean {
  return decides(each) && (each.onValidationStart !== undefined || each.onValidationEnd !== undefined);
}
