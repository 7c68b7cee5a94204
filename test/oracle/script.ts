/** Where samples come from, as data. `style` is how a function is written: it changes nothing that the function does. */
export type DataSpec =
  | { readonly kind: 'line'; readonly samples: number; readonly seed: number; readonly shift: number }
  | {
      readonly kind: 'map';
      readonly of: DataSpec;
      readonly fn: 'scale' | 'jitter' | 'index';
      readonly by: number;
      readonly style: number;
    }
  | { readonly kind: 'concat'; readonly of: DataSpec; readonly also: DataSpec }
  | { readonly kind: 'subset'; readonly of: DataSpec; readonly start: number; readonly end: number }
  | {
      readonly kind: 'split';
      readonly of: DataSpec;
      readonly fraction: number;
      readonly seed: number;
      readonly part: 0 | 1;
    };

/** The names that a script gives to its data sets. */
export const slots = ['train', 'val', 'test'] as const;
export type Slot = (typeof slots)[number];

export type LossSpec = { readonly kind: 'mse' | 'l1' } | { readonly kind: 'huber'; readonly delta: number };

export type OptimizerSpec =
  | { readonly kind: 'sgd'; readonly lr: number; readonly momentum: number }
  | { readonly kind: 'adam'; readonly lr: number; readonly weightDecay: number };

export type SchedulerSpec =
  | { readonly kind: 'stepLR'; readonly stepSize: number; readonly gamma: number }
  | { readonly kind: 'cosine'; readonly tMax: number }
  | { readonly kind: 'linearWarmup'; readonly steps: number }
  | { readonly kind: 'reduceOnPlateau'; readonly monitor: string; readonly patience: number }
  | { readonly kind: 'lambda'; readonly decay: number; readonly style: number };

export type MetricSpec =
  | { readonly kind: 'mae' | 'mse' | 'batches' }
  | { readonly kind: 'far'; readonly margin: number };

export type Progress = 'silent' | 'lines';

/** A call has an id that edits keep, so that a failing history can be shrunk by leaving it out everywhere. */
interface Identified {
  readonly uid: number;
  /** `key: 'name'`, which finds the call wherever it moves in its block. */
  readonly key?: string;
}

export interface SetupCall extends Identified {
  readonly kind: 'setup';
  readonly loss?: LossSpec;
  readonly optimizer?: OptimizerSpec;
  readonly epochScheduler?: SchedulerSpec | null;
  readonly stepScheduler?: SchedulerSpec | null;
}

/** `cp.loadStateDict` of one parameter or buffer, all of whose numbers are the value. */
export interface WeightsCall extends Identified {
  readonly kind: 'weights';
  readonly into: 'head.b' | 'norm.mean';
  readonly value: number;
}

export interface TrainCall extends Identified {
  readonly kind: 'train';
  readonly data: Slot;
  readonly validation: Slot | null;
  readonly epochs: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly metrics: readonly MetricSpec[];
  readonly watch: string | null;
  readonly loadBest: boolean;
  readonly patience: number | null;
  readonly warmup: number;
  readonly freeze: readonly string[];
  readonly progress: Progress;
}

export interface EvaluateCall extends Identified {
  readonly kind: 'evaluate';
  readonly data: Slot;
  readonly metrics: readonly MetricSpec[];
  readonly batchSize: number;
  /** Undefined: the one that was set up. */
  readonly loss?: LossSpec | null;
  readonly progress: Progress;
}

export interface PredictCall extends Identified {
  readonly kind: 'predict';
  /** A data set, or one sample. */
  readonly data: Slot | readonly number[];
  readonly batchSize: number;
  readonly progress: Progress;
}

export interface FindLrCall extends Identified {
  readonly kind: 'findLr';
  readonly data: Slot;
  readonly steps: number;
  readonly maxLr: number;
  readonly batchSize: number;
  readonly optimizer?: OptimizerSpec;
  readonly freeze: readonly string[];
  readonly progress: Progress;
}

export interface CachedCall extends Identified {
  readonly kind: 'cached';
  readonly name: string;
  readonly fn: 'score' | 'sum';
  readonly data: Slot;
  readonly times: number;
  readonly plus: number;
  readonly style: number;
}

/** A call that changes no state. */
export type AskingCall = EvaluateCall | PredictCall | FindLrCall | CachedCall;
export type Call = SetupCall | WeightsCall | TrainCall | AskingCall;

export interface BlockStatement {
  readonly kind: 'block';
  readonly uid: number;
  readonly id: string;
  /** Undefined: where the model is. A checkpoint, or `tag:name`. */
  readonly from?: string | null;
  readonly description: string;
  readonly calls: readonly Call[];
}

export type Statement =
  | BlockStatement
  | { readonly kind: 'handle'; readonly uid: number; readonly id: string; readonly call: AskingCall }
  | { readonly kind: 'load'; readonly uid: number; readonly id: string }
  | { readonly kind: 'tag'; readonly uid: number; readonly name: string; readonly id: string }
  | { readonly kind: 'unrecorded'; readonly uid: number; readonly call: TrainCall | EvaluateCall }
  | {
      readonly kind: 'sweep';
      readonly uid: number;
      readonly prefix: string;
      readonly from: string | null;
      readonly lrs: readonly number[];
      readonly train: TrainCall;
      readonly evaluate: EvaluateCall;
    };

/** A training script as data. */
export interface Script {
  readonly model: string;
  readonly description: string;
  readonly seed: number;
  readonly width: number;
  /** An hparam that the net does not depend on. */
  readonly note: string;
  /** An initial weight that is given; null where all come from the seed. */
  readonly bias: number | null;
  /** Whether an error in a statement is caught, and the script goes on with the next. */
  readonly catches: boolean;
  readonly data: { readonly [S in Slot]: DataSpec };
  readonly statements: readonly Statement[];
}

/** A sweep as the blocks that its loop runs. */
export function expand(statement: Statement): readonly Statement[] {
  if (statement.kind !== 'sweep') return [statement];
  const { uid, prefix, from, lrs, train, evaluate } = statement;
  return lrs.map((lr) => ({
    kind: 'block' as const,
    uid,
    id: `${prefix}-${lr}`,
    from,
    description: '',
    calls: [
      {
        kind: 'setup' as const,
        uid,
        loss: { kind: 'mse' as const },
        optimizer: { kind: 'sgd' as const, lr, momentum: 0 },
      },
      train,
      evaluate,
    ],
  }));
}
