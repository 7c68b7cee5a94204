import type { DivergencePolicy } from '../replay/policy.js';
import type { DType } from '../values/tensor.js';
import type { CheckpointId } from './ids.js';
import type { StateName } from './named-state.js';
import type { BusyPolicy } from './tenure.js';

export interface CheckpointOptions {
  /** Shown by listings; decides nothing. */
  readonly description?: string;
  /** What to stand on: a checkpoint, a state by its tag or the number of its op, or null for the untrained net. Where the model is, unless given. */
  readonly from?: CheckpointId | StateName | null;
  readonly onDivergence?: DivergencePolicy;
  /** As that of `Model.open`, for this block; `'skip'` leaves the block out, which then gives undefined. */
  readonly onBusy?: BusyPolicy;
}

export interface ExportOnnxOptions {
  /** Element types of inputs that the net casts, such as `{ input: 'uint8' }` before `nn.normalize`. Default float32. */
  readonly dtypes?: { readonly [input: string]: DType };
}

/** A checkpoint, as `model.checkpoints()` lists it. */
export interface CheckpointInfo {
  readonly id: string;
  readonly description: string;
  readonly createdAt: Date;
}
