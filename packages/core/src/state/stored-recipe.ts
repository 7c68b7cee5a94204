import type { Recipe } from '../components/recipe.js';
import { RepriseError } from '../errors/base.js';
import { type DependencyDigest, fingerprintFunction, isUserFunction } from '../functions/fingerprint.js';
import type { UserFunction } from '../functions/user-function.js';
import type { Hasher } from '../ports/hasher.js';
import type { Digest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';

/** A recipe as a state holds it: data, and the digests of the functions that the script gives again. */
export interface StoredRecipe {
  readonly kind: string;
  readonly args: { readonly [name: string]: Plain };
  readonly functions: { readonly [name: string]: Digest };
}

/** The functions that a script has given in this process, by their digests. */
export class FunctionRegistry {
  readonly #functions = new Map<Digest, UserFunction>();
  readonly #standIns = new Map<Digest, Digest>();
  readonly #hasher: Hasher;
  readonly #digestOf: DependencyDigest;

  /** @param digestOf digests of data sets among what functions close over */
  constructor(hasher: Hasher, digestOf: DependencyDigest) {
    this.#hasher = hasher;
    this.#digestOf = digestOf;
  }

  /** A recipe as data; its functions are remembered, so that they can be called when a state that names them is restored. */
  async store(recipe: Recipe): Promise<StoredRecipe> {
    const args: { [name: string]: Plain } = {};
    const functions: { [name: string]: Digest } = {};
    for (const [name, value] of Object.entries(recipe.args)) {
      if (!isUserFunction(value)) {
        args[name] = value;
        continue;
      }
      const digest = await this.digest(value);
      this.#functions.set(digest, value);
      functions[name] = digest;
    }
    return { kind: recipe.kind, args, functions };
  }

  /** Whether this script has given the function. */
  has(digest: Digest): boolean {
    return this.#functions.has(digest);
  }

  /** Lets a function that was given stand for one that was not. */
  standIn(missing: Digest, given: Digest): void {
    const found = this.#functions.get(given);
    if (found !== undefined && !this.#functions.has(missing)) this.#standIns.set(missing, given);
  }

  digest(fn: UserFunction): Promise<Digest> {
    return fingerprintFunction(fn, this.#hasher, this.#digestOf);
  }

  /**
   * What functions close over may have been changed since they were given: a result would be recorded under a wrong name.
   * @throws RepriseError `FUNCTION_CHANGED`
   */
  async checkUnchanged(): Promise<void> {
    for (const [digest, fn] of this.#functions) {
      if ((await this.digest(fn)) === digest) continue;
      throw new RepriseError(
        'FUNCTION_CHANGED',
        `What the function ${fn.call.name === '' ? '(anonymous)' : `'${fn.call.name}'`} closes over has changed since it was given to ` +
          'setup: its `deps` hold other values now. Give it values that stay, or call setup after the change.',
      );
    }
  }

  /** @throws RepriseError `FUNCTION_NOT_GIVEN` where the recipe names a function that this script has not given. */
  revive(stored: StoredRecipe, component: string): Recipe {
    const functions = Object.entries(stored.functions).map(([name, digest]) => {
      const found = this.#functions.get(this.#standIns.get(digest) ?? digest);
      if (found !== undefined) return [name, found] as const;
      throw new RepriseError(
        'FUNCTION_NOT_GIVEN',
        `The ${component} of this state, '${stored.kind}', has a function '${name}' that this script has not given. ` +
          `A state keeps a function's digest, not its code: call setup with the same ${component} in the block that uses it, or give the call one of its own.`,
      );
    });
    return { kind: stored.kind, args: { ...stored.args, ...Object.fromEntries(functions) } };
  }
}
