import { MetricInput } from '../metrics/input.js';
import type { Metric } from '../metrics/metric.js';
import type { Batch } from '../ports/data-source.js';
import type { Tensors } from '../values/tensor.js';

/** Gathers the loss and the metrics of an epoch, batch by batch. */
export class Tally {
  readonly #metrics: readonly Metric[];
  readonly #accumulators: unknown[];
  readonly #output: string;
  #loss = 0;
  #weight = 0;
  #samples = 0;
  #steps = 0;

  /** @param output the name of the net's first output */
  constructor(metrics: readonly Metric[], output: string) {
    this.#metrics = metrics;
    this.#accumulators = metrics.map((metric) => metric.init());
    this.#output = output;
  }

  /** @param of the batch: `loss` is its mean, over `weight` or else over the samples */
  add(batch: Batch, samples: number, of: { loss: number | null; weight?: number; outputs: Tensors }): void {
    const { loss, weight = samples, outputs } = of;
    this.#loss += (loss ?? 0) * weight;
    this.#weight += weight;
    this.#samples += samples;
    this.#steps++;
    if (this.#metrics.length === 0) return;
    const input = new MetricInput(outputs, batch, this.#output);
    for (let i = 0; i < this.#metrics.length; i++) {
      this.#accumulators[i] = (this.#metrics[i] as Metric).update(this.#accumulators[i], input);
    }
  }

  get samples(): number {
    return this.#samples;
  }

  get steps(): number {
    return this.#steps;
  }

  /** The mean over the samples so far, by their weights where the loss has some. */
  get loss(): number {
    return this.#loss / this.#weight;
  }

  /** The metrics over the samples so far, by name. */
  metrics(): { [name: string]: number } {
    return Object.fromEntries(this.#metrics.map((metric, i) => [metric.name, metric.result(this.#accumulators[i])]));
  }
}
