import { MetricInput } from '../metrics/input.js';
import type { Metric } from '../metrics/metric.js';
import type { Batch } from '../ports/data-source.js';
import type { Plain } from '../values/plain.js';
import type { Tensors } from '../values/tensor.js';
import type { PartialEpoch } from './course.js';

/** Gathers the loss and the metrics of an epoch, batch by batch. */
export class Tally {
  readonly #metrics: readonly Metric[];
  readonly #accumulators: unknown[];
  readonly #output: string;
  /** Metrics that were not gathered from the beginning. */
  readonly #without: ReadonlySet<string>;
  #loss = 0;
  #weight = 0;
  #samples = 0;
  #steps = 0;

  /**
   * @param output the name of the net's first output
   * @param from what an earlier process had gathered of the same epoch
   */
  constructor(metrics: readonly Metric[], output: string, from: PartialEpoch | null = null) {
    this.#metrics = metrics;
    const gathered = (name: string): unknown => from?.accumulators[name];
    this.#accumulators = metrics.map((metric) => gathered(metric.name) ?? metric.init());
    this.#without = new Set(
      from === null ? [] : metrics.filter(({ name }) => gathered(name) === undefined).map(({ name }) => name),
    );
    this.#output = output;
    if (from === null) return;
    ({ loss: this.#loss, weight: this.#weight, samples: this.#samples, steps: this.#steps } = from);
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
    const whole = this.#metrics.flatMap((metric, i) =>
      this.#without.has(metric.name) ? [] : [[metric.name, metric.result(this.#accumulators[i])] as const],
    );
    return Object.fromEntries(whole);
  }

  /** What was gathered so far. The accumulators are the live ones: they go on changing. */
  partial(): Omit<PartialEpoch, 'lr' | 'time'> {
    const whole = this.#metrics.flatMap(({ name }, i) =>
      this.#without.has(name) ? [] : [[name, this.#accumulators[i] as Plain] as const],
    );
    const { steps, samples } = this;
    return { steps, samples, loss: this.#loss, weight: this.#weight, accumulators: Object.fromEntries(whole) };
  }
}
