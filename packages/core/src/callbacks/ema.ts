import { checkNumber } from '../components/checks.js';
import { checkOptions } from '../options/check-options.js';
import { boolean, positiveInteger } from '../options/validators.js';
import type { Tensor, Tensors } from '../values/tensor.js';
import type { Callback } from './callback.js';
import type { CallbackContext } from './context.js';
import { handsOver, type StateDict } from './stateful.js';

/** Options of {@link ema}. */
export interface EmaOptions {
  /** How much of the average stays at each update: a ← decay · a + (1 − decay) · p. From 0 to below 1. Default 0.999. */
  readonly decay?: number;
  /** Updates the average after each so many steps. Default 1. */
  readonly every?: number;
  /** The decay of update n (from 0) is at most (1 + n) / (10 + n), so that the first parameters are soon forgotten. Default false. */
  readonly warmup?: boolean;
}

/**
 * Keeps an exponential moving average of the parameters (Polyak and Juditsky 1992; the warm-up is TensorFlow's,
 * https://www.tensorflow.org/api_docs/python/tf/train/ExponentialMovingAverage). It begins at the parameters before the first step. Validation, `watch`, `loadBest` and the
 * end of the train have the average in place of the parameters that are trained; buffers stay as they are. The average is saved with snapshots; a later train begins with a
 * new one, unless `cp.register` carries it on. Costs one pass over the parameters at each update, and their memory once or, after a snapshot, twice.
 * @throws OptionError
 */
export function ema(options: EmaOptions = {}): Callback {
  const where = 'ema()';
  checkOptions(where, options, ['decay', 'every', 'warmup']);
  const { decay = 0.999, every = 1, warmup = false } = options;
  checkNumber(where, 'decay', decay, { min: 0, below: 1 });
  positiveInteger(where, 'every', every);
  boolean(where, 'warmup', warmup);
  return handsOver(new Ema({ decay, every, warmup }));
}

class Ema implements Callback {
  readonly name = 'ema';
  readonly identity: NonNullable<Callback['identity']>;
  readonly #args: Required<EmaOptions>;
  #averages = new Map<string, Tensor>();
  #steps = 0;
  #updates = 0;
  /** Whether somebody else has the arrays: they are not written to then. */
  #shared = false;

  constructor(args: Required<EmaOptions>) {
    this.identity = { kind: 'ema', args: { ...args } };
    this.#args = args;
  }

  onFitStart(ctx: CallbackContext): void {
    const trained = new Map(parametersOf(ctx));
    // One that is registered goes on; what is frozen now has no average, and begins anew when it is trained again.
    for (const name of this.#averages.keys()) if (!trained.has(name)) this.#averages.delete(name);
    for (const [name, tensor] of trained) {
      if (!this.#averages.has(name)) this.#averages.set(name, { ...tensor, data: tensor.data.slice() });
    }
  }

  onStepEnd(ctx: CallbackContext): void {
    this.#steps++;
    const { decay, every, warmup } = this.#args;
    if (this.#steps % every !== 0) return;
    const kept = warmup ? Math.min(decay, (1 + this.#updates) / (10 + this.#updates)) : decay;
    this.#updates++;
    for (const [name, { data, ...type }] of parametersOf(ctx)) {
      const old = (this.#averages.get(name) as Tensor).data as Floats;
      const next = this.#shared ? new (old.constructor as FloatsClass)(old.length) : old;
      for (let i = 0; i < next.length; i++) next[i] = old[i]! + (1 - kept) * (data[i]! - old[i]!);
      this.#averages.set(name, { ...type, data: next });
    }
    this.#shared = false;
  }

  averages(): Tensors | null {
    if (this.#averages.size === 0) return null;
    this.#shared = true;
    return new Map(this.#averages);
  }

  stateDict(): StateDict {
    this.#shared = true;
    const averages = [...this.#averages].map(([name, tensor]): [string, Tensor] => [`${averageOf}${name}`, tensor]);
    return { steps: this.#steps, updates: this.#updates, ...Object.fromEntries(averages) };
  }

  loadStateDict({ steps, updates, ...averages }: StateDict): void {
    this.#steps = steps as number;
    this.#updates = updates as number;
    this.#averages = new Map(
      Object.entries(averages).map(([name, tensor]) => [name.slice(averageOf.length), tensor as Tensor]),
    );
    this.#shared = true;
  }
}

/** Before the names of parameters, which may be called anything. */
const averageOf = 'of/';

type Floats = Float32Array | Float64Array;
type FloatsClass = new (length: number) => Floats;

/** What can be averaged: parameters of floating point. Buffers have other means of their own. */
function parametersOf(ctx: CallbackContext): readonly (readonly [string, Tensor & { readonly data: Floats }])[] {
  const trained = ctx.trainable();
  return [...ctx.parameters()].filter(
    (entry): entry is [string, Tensor & { readonly data: Floats }] =>
      trained.has(entry[0]) && (entry[1].data instanceof Float32Array || entry[1].data instanceof Float64Array),
  );
}
