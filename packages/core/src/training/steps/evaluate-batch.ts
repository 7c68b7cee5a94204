import { lossesOf, objectiveNames } from '../../components/objective-list.js';
import type { Recipe } from '../../components/recipe.js';
import { sampleCount } from '../../data/check-batch.js';
import type { Batch } from '../../ports/data-source.js';
import type { LoadedNet } from '../../ports/engine.js';
import type { Tally } from '../tally.js';

/** Counts a batch in evaluation mode. Of several objectives the loss is the sum; each takes a pass through the net. */
export async function evaluateBatch(net: LoadedNet, batch: Batch, loss: Recipe | null, tally: Tally): Promise<void> {
  const samples = sampleCount(batch);
  if (objectiveNames(loss).length === 0) {
    tally.add(batch, samples, await net.evaluate(batch, loss));
    return;
  }
  for (const [i, objective] of lossesOf(loss as Recipe).entries()) {
    const { loss: mean, weight = samples, outputs } = await net.evaluate(batch, objective.loss);
    if (i === 0) tally.saw(batch, outputs);
    tally.met(mean ?? 0, weight, objective.name);
  }
  tally.took(samples);
}
