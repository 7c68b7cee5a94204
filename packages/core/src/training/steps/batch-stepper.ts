import { sampleCount } from '../../data/check-batch.js';
import type { Trainer } from '../../ports/engine.js';
import type { Stepper } from './stepper.js';

/** A step a batch, or, where gradients are accumulated, one by the mean over several. */
export function batchStepper(trainer: Trainer, accumulate: number): Stepper {
  let [part, loss, weight] = [0, 0, 0];
  return {
    batches: accumulate,
    objectives: [],
    take: async (batch, at, seen) => {
      const output = await (accumulate === 1
        ? trainer.step(batch, at)
        : trainer.accumulate(batch, { ...at, part: part++ }));
      seen.check(output.loss);
      const samples = sampleCount(batch);
      const { loss: mean, weight: size = samples } = output;
      // As it is where it is the only one: dividing by what was multiplied by can change a bit.
      loss = weight === 0 ? mean : loss + (mean - loss) * (size / (weight + size));
      weight += size;
      seen.tally.add(batch, samples, output);
      return mean;
    },
    end: async (at) => {
      if (accumulate > 1) await trainer.update(at);
      const mean = loss;
      [part, loss, weight] = [0, 0, 0];
      return mean;
    },
  };
}
