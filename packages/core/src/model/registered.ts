import { type Callback, checkCallbacks } from '../callbacks/callback.js';
import { type Hooks, hookNames } from '../callbacks/hooks.js';
import { passesOnTo } from '../callbacks/claims.js';
import { actsFor, initialState, loadInto, type Stateful, type StateDicts } from '../callbacks/stateful.js';
import { refuse } from '../options/validators.js';
import { nameOf } from './ids.js';

/** What a state has beside what is registered. */
const components: readonly string[] = [
  'net',
  'loss',
  'optimizer',
  'epochScheduler',
  'stepScheduler',
  'loop',
  'rng',
  'data',
  'callbacks',
];

/** What the user registered in a block: its state is a part of every state from there on, and its hooks are called by every train. */
export class Registered {
  readonly #all = new Map<string, Callback & Stateful>();

  /** As callbacks of a train, in the order in which they were registered. */
  get callbacks(): readonly Callback[] {
    return [...this.#all.values()];
  }

  /** @throws OptionError `INVALID_OPTION` */
  add(name: string, value: Stateful | Callback): void {
    const where = 'register()';
    nameOf(where, 'name', name);
    if (components.includes(name) || name.includes('/') || name in Object.prototype)
      refuse(where, 'name', `a name of your own, without '/', and not ${components.join(', ')}`, name);
    if (this.#all.has(name)) refuse(where, 'name', `another one: '${name}' is registered in this block already`, name);
    const given = value as Partial<Callback & Stateful> | null;
    if (typeof given?.stateDict !== 'function' || typeof given.loadStateDict !== 'function')
      refuse(where, `'${name}'`, 'an object with stateDict() and loadStateDict(state)', value);
    const callback = {
      ...hooksOf(given),
      ...identityOf(given),
      ...statefulOf(given as Stateful),
      name,
      carried: true,
    } as Callback & Stateful;
    if (given.observes === true || given.presents === true)
      refuse(
        where,
        `'${name}'`,
        'one that decides: what is registered is a part of every state, and this one says that it only looks on',
        value,
      );
    if (hookNames.some((hook) => callback[hook] !== undefined)) checkCallbacks(where, [callback]);
    passesOnTo(callback, given);
    this.#all.set(name, actsFor(name, callback, given as Stateful));
  }

  /** Gives each the state that the training stands at. */
  load(states: StateDicts = {}): void {
    for (const [name, stateful] of this.#all)
      loadInto(
        name,
        stateful,
        (Object.hasOwn(states, name) ? states[name] : undefined) ?? initialState(name, stateful),
      );
  }
}

function hooksOf(value: Partial<Callback>): Hooks {
  const hooks = hookNames.flatMap((hook) => {
    const own = value[hook] as ((...args: unknown[]) => unknown) | undefined;
    return own === undefined ? [] : [[hook, (...args: unknown[]) => own.apply(value, args)] as const];
  });
  return Object.fromEntries(hooks) as Hooks;
}

function identityOf(value: Partial<Callback>): Partial<Callback> {
  const { key, identity, monitors, observes } = value;
  return {
    ...(key !== undefined && { key }),
    ...(identity !== undefined && { identity }),
    ...(monitors !== undefined && { monitors }),
    ...(observes !== undefined && { observes }),
    ...(value.averages !== undefined && { averages: () => value.averages?.() ?? null }),
  };
}

function statefulOf(value: Stateful): Stateful {
  return { stateDict: () => value.stateDict(), loadStateDict: (state) => value.loadStateDict(state) };
}
