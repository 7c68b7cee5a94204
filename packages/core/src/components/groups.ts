import { checkOptions, isPlainObject } from '../options/check-options.js';
import { refuse } from '../options/validators.js';
import { checkRole, component, type Optimizer } from './component.js';
import { checkGroupName, checkGroupParameters } from './group-names.js';
import { argsWithin, joinedArgs, recipeWithin } from './nested.js';

/** The optimizer of a part of a net. */
export interface PartOptimizer {
  /** By name; `*` stands for any characters. */
  readonly parameters: readonly string[];
  readonly optimizer: Optimizer;
}

/**
 * Optimizers of their own for parts of a net: by the pattern of their parameters, or by a name. A parameter that several of them name is the first one's, and
 * each has to be somebody's: `'*'` at the end takes the rest.
 *
 * ```ts
 * groups({ 'discriminator.*': adam({ lr: 4e-4 }), 'generator.*': sgd({ lr: 1e-2, momentum: 0.9 }) })
 * groups({ plain: { parameters: ['*.bias', 'norm.*'], optimizer: sgd() }, '*': adamw() })
 * ```
 * Each has its own rate: schedulers move each from where it begins, and histories tell the first one's.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function groups(parts: { readonly [name: string]: Optimizer | PartOptimizer }): Optimizer<'groups'> {
  const where = 'groups()';
  if (!isPlainObject(parts) || Object.keys(parts).length === 0) {
    refuse(where, 'its argument', "optimizers by what they update, such as { 'backbone.*': adam() }", parts);
  }
  const args = Object.entries(parts).map(([name, given]) => {
    const at = `${where} '${name}'`;
    checkGroupName(at, name);
    if (/^\d+$/.test(name)) refuse(at, 'name', 'a word: numbers lose their order', name);
    const { parameters, optimizer } = partOf(at, name, given);
    return { ...recipeWithin(name, optimizer), ...argsWithin(name, { parameters: [...parameters] }) };
  });
  return component('optimizer', 'groups', joinedArgs(where, { groups: Object.keys(parts) }, ...args));
}

function partOf(where: string, name: string, given: Optimizer | PartOptimizer): PartOptimizer {
  const isPart = isPlainObject(given) && !('role' in given);
  if (isPart) checkOptions(where, given, ['parameters', 'optimizer']);
  const part = isPart ? (given as PartOptimizer) : { parameters: [name], optimizer: given as Optimizer };
  checkGroupParameters(where, part.parameters);
  checkRole(where, 'the optimizer', part.optimizer, 'optimizer');
  if (part.optimizer.args['groups'] !== undefined) {
    refuse(where, 'the optimizer', 'one without groups of its own: list them all in one groups()', part.optimizer);
  }
  return part;
}
