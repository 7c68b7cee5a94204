import {
  arrays,
  type DataSource,
  type Loss,
  mse,
  type Optimizer,
  type Scheduler,
  sgd,
  type TrainingState,
} from '../../src/index.js';
import { freshScheduler } from '../../src/index.js';

/** Points on a line. */
export function line(xs: readonly number[], w = 2, b = 1): DataSource {
  return arrays({ input: Float64Array.from(xs), target: Float64Array.from(xs, (x) => w * x + b) });
}

export function trainingState(
  given: {
    readonly loss?: Loss | null;
    readonly optimizer?: Optimizer | null;
    readonly epochScheduler?: Scheduler;
    readonly stepScheduler?: Scheduler;
    readonly seed?: number;
  } = {},
): TrainingState {
  const { loss = mse(), optimizer = sgd({ lr: 0.05 }), epochScheduler, stepScheduler, seed = 7 } = given;
  return {
    loss,
    optimizer,
    epochScheduler: epochScheduler === undefined ? null : freshScheduler(epochScheduler),
    stepScheduler: stepScheduler === undefined ? null : freshScheduler(stepScheduler),
    loop: { epoch: 0, step: 0 },
    seed,
  };
}
