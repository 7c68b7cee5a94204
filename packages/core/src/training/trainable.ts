import type { Recipe } from '../components/recipe.js';
import { RepriseError } from '../errors/base.js';

/**
 * The loss and the optimizer that a training step needs.
 * @throws RepriseError `NO_LOSS`, `NO_OPTIMIZER`
 */
export function trainable(
  where: string,
  { loss, optimizer }: { readonly loss: Recipe | null; readonly optimizer: Recipe | null },
): { readonly loss: Recipe; readonly optimizer: Recipe } {
  if (loss === null) {
    throw new RepriseError(
      'NO_LOSS',
      `${where} has nothing to minimise: no setup() in the lineage gave a loss. Call setup({ loss: crossEntropy(), … }) first.`,
    );
  }
  if (optimizer === null) {
    throw new RepriseError(
      'NO_OPTIMIZER',
      `${where} has nothing to train with: no setup() in the lineage gave an optimizer. Call setup({ optimizer: adam(), … }) first.`,
    );
  }
  return { loss, optimizer };
}
