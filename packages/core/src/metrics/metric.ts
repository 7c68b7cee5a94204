import { type Component, component } from '../components/component.js';
import { type FunctionOptions, userFunction } from '../functions/user-function.js';
import { checkOptions } from '../options/check-options.js';
import { func, oneOf, refuse } from '../options/validators.js';
import type { MetricInput } from './input.js';

/**
 * A figure over a whole epoch, exact whatever the batches: what a batch adds is accumulated, and the result is drawn once at the end.
 * `Name` is the key of the figure in results, and what `watch` and monitors call it.
 */
export interface Metric<Name extends string = string, Acc = unknown> {
  readonly name: Name;
  /** Whether a better model has a smaller or a larger figure. */
  readonly mode: 'min' | 'max';
  /** All that decides the figure: compared and fingerprinted. */
  readonly identity: Component<'metric'>;
  /** A new accumulator. */
  init(): Acc;
  /** The accumulator with a batch added; it may be the same one, changed. */
  update(acc: Acc, input: MetricInput): Acc;
  result(acc: Acc): number;
}

/** What {@link metric} is made of. */
export interface MetricDefinition<Acc> {
  /** Whether a better model has a smaller or a larger figure. */
  readonly mode: 'min' | 'max';
  /** A new accumulator. */
  readonly init: () => Acc;
  /** Adds a batch; returns the accumulator, which may be the same one, changed. */
  readonly update: (acc: Acc, input: MetricInput) => Acc;
  /** The figure over all batches. */
  readonly result: (acc: Acc) => number;
}

/**
 * A metric of one's own. Its three functions are fingerprinted by their source: what they close over is given in `deps`,
 * or a `key` stands for all three.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function metric<Name extends string, Acc>(
  name: Name,
  definition: MetricDefinition<Acc>,
  options: FunctionOptions = {},
): Metric<Name, Acc> {
  const where = `metric('${name}')`;
  checkName(where, name);
  checkOptions(where, definition ?? null, ['mode', 'init', 'update', 'result']);
  checkOptions(where, options, ['deps', 'key']);
  const { mode, init, update, result } = definition;
  oneOf(where, 'mode', mode, ['min', 'max']);
  for (const [option, value] of Object.entries({ init, update, result })) func(where, option, value);
  return {
    name,
    mode,
    identity: component('metric', 'custom', {
      name,
      mode,
      init: userFunction(init, options),
      update: userFunction(update, options),
      result: userFunction(result, options),
    }),
    init,
    update: (acc, input) => {
      const next = update(acc, input);
      if (next === undefined) refuse(where, 'update', 'a function that returns the accumulator', update);
      return next;
    },
    result: (acc) => {
      const value = result(acc);
      if (typeof value !== 'number') refuse(where, 'result', 'a function that returns a number', value);
      return value;
    },
  };
}

/** @throws OptionError `INVALID_OPTION` unless the value is an array of metrics with different names. */
export function checkMetrics(where: string, value: unknown): asserts value is readonly Metric[] {
  if (!Array.isArray(value)) refuse(where, 'metrics', 'an array of metrics such as [accuracy()]', value);
  const names = new Set<string>();
  for (const [index, each] of value.entries()) {
    if (!isMetric(each)) {
      const called = typeof each === 'function' ? `, called: ${(each as () => unknown).name}()` : '';
      refuse(where, `metrics[${index}]`, `a metric such as accuracy()${called}`, each);
    }
    checkName(where, each.name);
    if (names.has(each.name)) refuse(where, `metrics[${index}]`, 'a metric with a name of its own', each.name);
    names.add(each.name);
  }
}

function isMetric(value: unknown): value is Metric {
  const { identity } = (value ?? {}) as Partial<Metric>;
  return typeof identity === 'object' && identity.role === 'metric';
}

function checkName(where: string, name: unknown): void {
  if (typeof name !== 'string' || !/^[A-Za-z_][\w.@-]*$/.test(name) || name === 'loss') {
    refuse(where, 'name', "letters and digits, and not 'loss', which is always there", name);
  }
}

/** Whether none of the metrics can keep what a batch showed it: then the batch's memory may be used again. One's own may. */
export function keepNothing(metrics: readonly Metric[]): boolean {
  return metrics.every(({ identity }) => identity.kind !== 'custom');
}
