import type { UserFunction } from '../functions/user-function.js';
import type { Plain } from '../values/plain.js';

/**
 * What is needed to make a component anew: its kind and all its arguments, defaults included.
 * Recipes are compared, stored in states, and handed to the engine, which knows how to build each kind.
 * A user's function is stored as its digest; the script gives it again when it runs again.
 */
export interface Recipe<Kind extends string = string> {
  readonly kind: Kind;
  readonly args: { readonly [name: string]: Plain | UserFunction };
}
