import { OptionError } from '../errors/option-error.js';
import { argsOf } from './nested.js';
import { listed, namesMatching } from './patterns.js';
import type { Recipe } from './recipe.js';

/** A loss, and what minimises it. */
export interface NetObjective {
  /** `loss` where it is the only one. */
  readonly name: string;
  readonly loss: Recipe;
  /** The names of the parameters that it updates, in the net's order. */
  readonly parameters: readonly string[];
}

/** The names of a loss's objectives, in their order; none where it is a plain one. */
export function objectiveNames(loss: Recipe | null): readonly string[] {
  return loss?.kind === 'objectives' ? (loss.args['objectives'] as readonly string[]) : [];
}

/** The losses that a loss is made of, each with its name; a plain one by itself. */
export function lossesOf(loss: Recipe): readonly { readonly name: string; readonly loss: Recipe }[] {
  const names = objectiveNames(loss);
  if (names.length === 0) return [{ name: 'loss', loss }];
  return names.map((name) => {
    const { parameters: _, ...args } = argsOf(loss, name, names);
    return { name, loss: { kind: loss.args[name] as string, args } };
  });
}

/** What the figures of objectives are called, as they are by the names of metrics. Less is better. */
export function objectiveScores(names: readonly string[]): readonly { readonly name: string; readonly mode: 'min' }[] {
  return names.map((name) => ({ name: `${name}_loss`, mode: 'min' }));
}

/**
 * The objectives of a net with these parameters. A plain loss is one, for all of them.
 * @param names of the net's parameters, without its buffers
 * @throws OptionError `INVALID_OPTION` where a pattern names no parameter, two objectives name one, or none does
 */
export function netObjectives(
  loss: Recipe,
  names: readonly string[],
  where: string = 'setup()',
): readonly NetObjective[] {
  const objectives = objectiveNames(loss);
  if (objectives.length === 0) return lossesOf(loss).map((each) => ({ ...each, parameters: names }));
  const called = `${where}: objectives()`;
  const owner = new Map<string, string>();
  const found = lossesOf(loss).map((each): NetObjective => {
    const patterns = loss.args[`${each.name}.parameters`] as readonly string[];
    const named = new Set(patterns.flatMap((pattern) => namesMatching(called, `'${each.name}'`, pattern, names)));
    for (const name of named) {
      const other = owner.get(name);
      if (other !== undefined) throw twice(called, name, other, each.name);
      owner.set(name, each.name);
    }
    return { ...each, parameters: names.filter((name) => named.has(name)) };
  });
  const rest = names.filter((name) => !owner.has(name));
  if (rest.length > 0) throw forgotten(called, rest);
  return found;
}

function twice(where: string, parameter: string, first: string, second: string): OptionError {
  return new OptionError(
    'INVALID_OPTION',
    `${where}: both '${first}' and '${second}' name the parameter '${parameter}'. Its moments would be of two losses: name it in one of them, or write ` +
      'the two as one loss, their sum.',
    { where, option: 'parameters' },
  );
}

function forgotten(where: string, names: readonly string[]): OptionError {
  return new OptionError(
    'INVALID_OPTION',
    `${where}: no objective names ${listed(names)}, and every parameter needs one. What is not to be trained is named in one all the same, and told by freeze.`,
    { where, option: 'parameters' },
  );
}
