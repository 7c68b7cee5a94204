import type { DivergencePolicy } from '../replay/policy.js';
import type { DType } from '../values/tensor.js';
import type { CheckpointId } from './ids.js';
import type { StateName } from './named-state.js';
import type { BusyPolicy } from './tenure.js';

export interface CheckpointOptions {
  /** Shown by listings; decides nothing. */
  readonly description?: string;
  /** What to stand on: a checkpoint, a state by another name of its, or null for the untrained net. Where the model is, unless given. */
  readonly from?: CheckpointId | StateName | null;
  /**
   * The same as Lightning has it, where `from` is not given: `'last'` or `'best'` is where the train that the model comes from ended, or was best; any other text is
   * the path of a file that `model.save` has written.
   */
  readonly resumeFrom?: string | StateName;
  readonly onDivergence?: DivergencePolicy;
  /** As that of `Model.open`, for this block; `'skip'` leaves the block out, which then gives undefined. */
  readonly onBusy?: BusyPolicy;
}

export interface ExportOnnxOptions {
  /** Element types of inputs that the net casts, such as `{ input: 'uint8' }` before `nn.normalize`. Default float32. */
  readonly dtypes?: { readonly [input: string]: DType };
  /**
   * Shapes of inputs, of one sample each, such as `{ input: [1, 28, 28] }`. Default what the first layer that reads an input tells. With them the
   * file says the shapes of all inputs and outputs, which onnx's checker insists on and onnxruntime does without.
   */
  readonly shapes?: { readonly [input: string]: readonly number[] };
}

/** A checkpoint, as `model.checkpoints()` lists it. */
export interface CheckpointInfo {
  readonly id: string;
  readonly description: string;
  readonly createdAt: Date;
}
