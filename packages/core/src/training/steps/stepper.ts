import type { Batch } from '../../ports/data-source.js';
import type { StepInput } from '../../ports/engine.js';
import type { Tally } from '../tally.js';

/** Where a step is. */
export interface StepAt extends StepInput {
  /** Over the life of the state. */
  readonly epoch: number;
}

/** Who is told what a batch comes to. */
export interface StepSeen {
  readonly tally: Tally;
  /** Looks at each loss before anything is done with it. @throws where it can't be gone on with */
  check(loss: number): void;
}

/** Makes steps of batches. */
export interface Stepper {
  /** How many batches a step takes. The last step of an epoch may have fewer. */
  readonly batches: number;
  /** Names of the objectives that it tells the losses of beside the step's; none for a plain loss. */
  readonly objectives: readonly string[];
  /** Takes the next batch of a step, and counts it. Resolves with its loss; NaN where it has none. */
  take(batch: Batch, at: StepAt, seen: StepSeen): Promise<number>;
  /** Ends the step, however many batches it has. Resolves with its loss: the mean over all its samples; NaN where it has none. */
  end(at: StepAt): Promise<number>;
}
