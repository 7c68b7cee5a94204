import { checkOptions } from '../options/check-options.js';
import { refuse } from '../options/validators.js';
import { component, type Optimizer } from './component.js';
import { checkGroupName, checkGroupNames, checkGroupParameters } from './group-names.js';
import { argsWithin, joinedArgs } from './nested.js';
import type { Recipe } from './recipe.js';

/** Some of a net's parameters, with options of their own; those that are left out are as for all. */
export type ParameterGroup<Options> = Partial<Omit<Options, 'groups'>> & {
  /** By name; `*` stands for any characters: `backbone.*`. A parameter that several groups name is in the first of them. */
  readonly parameters: readonly string[];
  /** What its learning rate is called by. Default: its patterns. */
  readonly name?: string;
};

/**
 * An optimizer from its options, among which groups of parameters may have others.
 * @param argsOf checks options, and completes them
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function optimizerOf<
  Kind extends string,
  Options extends { readonly groups?: readonly ParameterGroup<Options>[] },
>(
  kind: Kind,
  options: Options,
  known: readonly (keyof Options & string)[],
  argsOf: (where: string, options: Omit<Options, 'groups'>) => Recipe['args'],
): Optimizer<Kind> {
  const where = `${kind}()`;
  checkOptions(where, options, [...known, 'groups']);
  const { groups = [], ...own } = options;
  const args = argsOf(where, own);
  if (!Array.isArray(groups)) {
    refuse(where, 'groups', "an array such as [{ parameters: ['backbone.*'], lr: 1e-4 }]", groups);
  }
  // The recipe that it has always had.
  if (groups.length === 0) return component('optimizer', kind, args);
  const parts = groups.map((group: unknown, i) => {
    const at = `${where} groups[${i}]`;
    checkOptions(at, group, ['parameters', 'name', ...known]);
    const { parameters, name, ...others } = (group ?? {}) as { readonly [option: string]: unknown };
    checkGroupParameters(at, parameters);
    const called = name ?? parameters.join(', ');
    checkGroupName(at, called);
    const given = Object.entries(others).filter(([, value]) => value !== undefined);
    // Checked together: one option may need another.
    const all = argsOf(at, { ...own, ...Object.fromEntries(given) });
    const differs = Object.fromEntries(given.map(([option]) => [option, all[option]]));
    return { name: called, args: argsWithin(called, { parameters: [...parameters], ...differs }) };
  });
  const names = parts.map(({ name }) => name);
  checkGroupNames(where, names);
  return component('optimizer', kind, joinedArgs(where, { ...args, groups: names }, ...parts.map((part) => part.args)));
}
