import { OptionError } from '../errors/option-error.js';
import { defaultGroup } from './group-names.js';
import { argsOf } from './nested.js';
import { listed, namesMatching } from './patterns.js';
import type { Recipe } from './recipe.js';

/** Parameters that are updated alike. */
export interface OptimizerGroup {
  /** `default` for what no group names. */
  readonly name: string;
  /** How: an optimizer without groups. */
  readonly recipe: Recipe;
  /** Their names, in the net's order. */
  readonly parameters: readonly string[];
}

/**
 * The groups of an optimizer, none of them empty, and each parameter in one of them: the first whose patterns name it. What no group names comes first.
 * An optimizer without groups is one.
 * @param names of the net's parameters, without its buffers
 * @throws OptionError `INVALID_OPTION` where a pattern names no parameter, a group has none, or a parameter has no group
 */
export function parameterGroups(
  optimizer: Recipe,
  names: readonly string[],
  where: string = 'setup()',
): readonly OptimizerGroup[] {
  const groups = optimizer.args['groups'] as readonly string[] | undefined;
  if (groups === undefined) return [{ name: defaultGroup, recipe: optimizer, parameters: names }];
  const called = `${where}: ${optimizer.kind}()`;
  const composed = optimizer.kind === 'groups';
  // Options that have no group are the optimizer's own.
  const shared = composed
    ? {}
    : Object.fromEntries(Object.entries(optimizer.args).filter(([path]) => !path.includes('.')));
  const base: Recipe = { kind: optimizer.kind, args: without('groups', shared) };
  const left = new Set(names);
  const found = groups.map((name): OptimizerGroup => {
    const own = argsOf(optimizer, name, groups);
    const option = `the group '${name}'`;
    const patterns = own['parameters'] as readonly string[];
    const named = new Set(patterns.flatMap((pattern) => namesMatching(called, option, pattern, names)));
    const parameters = names.filter((each) => left.has(each) && named.has(each));
    if (parameters.length === 0) throw nothingLeft(called, option);
    for (const each of parameters) left.delete(each);
    const kind = composed ? (optimizer.args[name] as string) : optimizer.kind;
    return { name, recipe: { kind, args: { ...base.args, ...without('parameters', own) } }, parameters };
  });
  const rest = names.filter((name) => left.has(name));
  if (rest.length === 0) return found;
  if (composed) throw unassigned(called, rest);
  return [{ name: defaultGroup, recipe: base, parameters: rest }, ...found];
}

function without(name: string, args: Recipe['args']): Recipe['args'] {
  const { [name]: _, ...others } = args;
  return others;
}

function nothingLeft(where: string, option: string): OptionError {
  return new OptionError(
    'INVALID_OPTION',
    `${where}: ${option} has no parameter: all that it names are in groups before it, and the first one counts. Put it before them.`,
    { where, option: 'groups' },
  );
}

function unassigned(where: string, names: readonly string[]): OptionError {
  return new OptionError(
    'INVALID_OPTION',
    `${where}: no group has ${listed(names)}, and every parameter needs one. A last group '*' takes the rest; what is not to be trained is told by freeze.`,
    { where, option: 'groups' },
  );
}
