import { DataError } from '../data/data-error.js';
import type { Batch } from '../ports/data-source.js';
import type { Tensor, Tensors } from '../values/tensor.js';

/** What a metric sees of a batch. Tensors are valid until `update` returns. */
export class MetricInput {
  /** Everything that the net puts out, by name. */
  readonly outputs: Tensors;
  readonly batch: Batch;
  readonly #first: string;

  /** @param first the name of the output that `output` stands for */
  constructor(outputs: Tensors, batch: Batch, first: string) {
    this.outputs = outputs;
    this.batch = batch;
    this.#first = first;
  }

  /** The net's output; the first one of a net with several. First dimension: the sample. */
  get output(): Tensor {
    return this.outputs.get(this.#first) as Tensor;
  }

  /** What the output is compared with: the batch's `target`. @throws DataError `DATA_MISMATCH` where there is none. */
  get target(): Tensor {
    const target = this.batch.get('target');
    if (target !== undefined) return target;
    throw new DataError(
      'DATA_MISMATCH',
      `A metric compares outputs with the batch's 'target', and the batch has ${[...this.batch.keys()].join(', ')}. ` +
        "Name the labels 'target', or write a metric that reads batch.get(…).",
    );
  }
}
