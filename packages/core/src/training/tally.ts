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
  /** What their means are made of. */
  readonly #objectives: Map<string, { readonly loss: number; readonly weight: number }>;
  #loss = 0;
  #weight = 0;
  #samples = 0;
  #steps = 0;

  /**
   * @param output the name of the net's first output
   * @param from what an earlier process had gathered of the same epoch
   * @param objectives their names, where the loss is made of some
   */
  constructor(
    metrics: readonly Metric[],
    output: string,
    from: PartialEpoch | null = null,
    objectives: readonly string[] = [],
  ) {
    this.#objectives = new Map(objectives.map((name) => [name, from?.objectives?.[name] ?? { loss: 0, weight: 0 }]));
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
    this.took(samples);
    this.met(of.loss ?? 0, of.weight ?? samples);
    this.saw(batch, of.outputs);
  }

  /** So many samples more. */
  took(samples: number): void {
    this.#samples += samples;
  }

  /** The loss of a batch: a mean over so much. @param objective where it is only that one's; one that is not told is passed over */
  met(loss: number, weight: number, objective?: string): void {
    if (objective === undefined) {
      this.#loss += loss * weight;
      this.#weight += weight;
      return;
    }
    const sum = this.#objectives.get(objective);
    if (sum === undefined) return;
    this.#objectives.set(objective, { loss: sum.loss + loss * weight, weight: sum.weight + weight });
  }

  /** What the net makes of a batch, for the metrics. */
  saw(batch: Batch, outputs: Tensors): void {
    if (this.#metrics.length === 0) return;
    const input = new MetricInput(outputs, batch, this.#output);
    for (let i = 0; i < this.#metrics.length; i++) {
      this.#accumulators[i] = (this.#metrics[i] as Metric).update(this.#accumulators[i], input);
    }
  }

  /** The batches so far were so many steps, and one more. */
  stepped(): void {
    this.#steps++;
  }

  get samples(): number {
    return this.#samples;
  }

  get steps(): number {
    return this.#steps;
  }

  /** The mean over the samples so far, by their weights where the loss has some. Where only objectives were met, the sum of theirs. */
  get loss(): number {
    if (this.#weight === 0 && this.#objectives.size > 0) {
      return Object.values(this.objectives()).reduce((sum, mean) => sum + mean, 0);
    }
    return this.#loss / this.#weight;
  }

  /** The mean of each objective over the samples that it was minimised on, by the name of that score; NaN where it was on none. */
  objectives(): { readonly [score: string]: number } {
    const means = [...this.#objectives].map(([name, { loss, weight }]) => [`${name}_loss`, loss / weight] as const);
    return Object.fromEntries(means);
  }

  /** The metrics over the samples so far, by name. */
  metrics(): { [name: string]: number } {
    const whole = this.#metrics.flatMap((metric, i) =>
      this.#without.has(metric.name) ? [] : [[metric.name, metric.result(this.#accumulators[i])] as const],
    );
    return Object.fromEntries(whole);
  }

  /** Those of the metrics that cost next to nothing to draw. The result of one's own is drawn once, at the end. */
  running(): { readonly [name: string]: number } {
    const shown = this.#metrics.flatMap((metric, i) =>
      this.#without.has(metric.name) || metric.identity.kind === 'custom'
        ? []
        : [[metric.name, metric.result(this.#accumulators[i])] as const],
    );
    return Object.fromEntries(shown);
  }

  /** What was gathered so far. The accumulators are the live ones: they go on changing. */
  partial(): Omit<PartialEpoch, 'lr' | 'time'> {
    const whole = this.#metrics.flatMap(({ name }, i) =>
      this.#without.has(name) ? [] : [[name, this.#accumulators[i] as Plain] as const],
    );
    const { steps, samples } = this;
    const objectives = this.#objectives.size === 0 ? {} : { objectives: Object.fromEntries(this.#objectives) };
    const sums = { loss: this.#loss, weight: this.#weight, ...objectives };
    return { steps, samples, ...sums, accumulators: Object.fromEntries(whole) };
  }
}
