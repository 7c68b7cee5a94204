import type { BlobStore } from '../ports/blob-store.js';
import { readManifest } from '../state/capture.js';
import type { Manifest } from '../state/manifest.js';
import type { FunctionRegistry, StoredRecipe } from '../state/stored-recipe.js';
import type { StateDigest } from '../values/digest.js';

/** Where a call took the result of another one, by `accept`: the states that it was called on, and that it came to. */
interface Acceptance {
  readonly called: StateDigest;
  readonly recorded: StateDigest;
}

/**
 * A script that edits a function and accepts what was recorded goes on from a state that names the function as it was. What the script
 * gives now stands for it: the accepted edit is one that changes nothing.
 */
export class AcceptedFunctions {
  readonly #blobs: BlobStore;
  readonly #functions: FunctionRegistry;
  readonly #acceptances: Acceptance[] = [];

  constructor(blobs: BlobStore, functions: FunctionRegistry) {
    this.#blobs = blobs;
    this.#functions = functions;
  }

  add(acceptance: Acceptance): void {
    this.#acceptances.push(acceptance);
  }

  /** Finds stand-ins for the functions of a state that this script has not given. Reads manifests where there are some, else nothing. */
  async prepare(manifest: Manifest): Promise<void> {
    if (this.#acceptances.length === 0) return;
    const unknown = recipesOf(manifest).some(([, recipe]) =>
      Object.values(recipe.functions).some((fn) => !this.#functions.has(fn)),
    );
    if (!unknown) return;
    for (const { called, recorded } of this.#acceptances) {
      const [now, then] = await Promise.all([readManifest(called, this.#blobs), readManifest(recorded, this.#blobs)]);
      const given = new Map(recipesOf(now));
      for (const [component, recipe] of recipesOf(then)) {
        const other = given.get(component);
        if (other?.kind !== recipe.kind) continue;
        for (const [name, old] of Object.entries(recipe.functions)) {
          const present = other.functions[name];
          if (present !== undefined) this.#functions.standIn(old, present);
        }
      }
    }
  }
}

function recipesOf({
  loss,
  optimizer,
  epochScheduler,
  stepScheduler,
}: Manifest): readonly (readonly [string, StoredRecipe])[] {
  const recipes = {
    loss,
    optimizer: optimizer?.recipe,
    epochScheduler: epochScheduler?.recipe,
    stepScheduler: stepScheduler?.recipe,
  };
  return Object.entries(recipes).flatMap(([name, recipe]) => (recipe ? [[name, recipe] as const] : []));
}
