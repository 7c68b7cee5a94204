import { refuse } from '../options/validators.js';
import type { Recipe } from './recipe.js';

/*
 * Recipes within a recipe are kept flat, under the names that they have there: `generator` is the kind, `generator.lr` an argument. So functions among their
 * arguments are stored as those of any recipe are, and a change of one argument is said as that.
 */

/** Arguments as those of something within a recipe. */
export function argsWithin(name: string, args: Recipe['args']): Recipe['args'] {
  return Object.fromEntries(Object.entries(args).map(([arg, value]) => [`${name}.${arg}`, value]));
}

/** A recipe, as arguments of the one that it is within. */
export function recipeWithin(name: string, { kind, args }: Recipe): Recipe['args'] {
  return { [name]: kind, ...argsWithin(name, args) };
}

/**
 * The arguments of something within a recipe.
 * @param names of all that is within it: `a.b` may be another one, or an argument of `a`
 */
export function argsOf({ args }: Recipe, name: string, names: readonly string[]): Recipe['args'] {
  const own = Object.entries(args).filter(
    ([path]) => path.startsWith(`${name}.`) && !path.includes('.', name.length + 1) && !names.includes(path),
  );
  return Object.fromEntries(own.map(([path, value]) => [path.slice(name.length + 1), value]));
}

/**
 * All arguments of a recipe with others within it.
 * @throws OptionError `INVALID_OPTION` where a name is such that two would be one
 */
export function joinedArgs(where: string, ...parts: readonly Recipe['args'][]): Recipe['args'] {
  const joined: { [name: string]: Recipe['args'][string] } = {};
  for (const part of parts) {
    for (const [path, value] of Object.entries(part)) {
      if (Object.hasOwn(joined, path)) refuse(where, 'a name', `another than that of an argument`, path);
      joined[path] = value;
    }
  }
  return joined;
}
