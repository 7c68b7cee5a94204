/** The gradients of some parameters, of a mean over several batches: made from those of each batch's own mean. */
export class GradientMean {
  #names: readonly string[] = [];
  #arrays: readonly Float32Array[] = [];
  #batches = 0;
  #weight = 0;

  /**
   * Takes the gradients of a batch, each time of the same parameters. The first ones are kept and written to; those that follow are only read.
   * @param weight what the batch's loss is a mean over
   */
  add({ names, arrays }: Gradients, weight: number): void {
    this.#weight += weight;
    this.#batches += 1;
    if (this.#batches === 1) {
      this.#names = names;
      // Two parameters may have one array between them, which would be written to twice.
      this.#arrays = arrays.map((array, i) => (arrays.indexOf(array) < i ? array.slice() : array));
      return;
    }
    // A running mean, not a sum: one batch alone is as it was, bit for bit.
    const share = weight / this.#weight;
    for (const [i, mean] of this.#arrays.entries()) approach(mean, arrays[i]!, share);
  }

  /** The mean since the last time, which the caller may write to. */
  take(): Gradients {
    const gradients = { names: this.#names, arrays: this.#arrays };
    this.#names = [];
    this.#arrays = [];
    this.#batches = 0;
    this.#weight = 0;
    return gradients;
  }
}

/** One array for each of some parameters. */
export interface Gradients {
  readonly names: readonly string[];
  readonly arrays: readonly Float32Array[];
}

function approach(mean: Float32Array, gradient: Float32Array, share: number): void {
  for (let i = 0; i < mean.length; i++) mean[i]! += (gradient[i]! - mean[i]!) * share;
}
