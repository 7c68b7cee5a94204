import type { Batch, Engine, Recipe } from '@reprise/core';

/** What the suite needs of an engine: a small net that it can learn with, such as linear 4 → 8, relu, linear 8 → 3. */
export interface EngineDriver<Hparams> {
  /** Builds a net without dropout and without buffers. */
  readonly engine: Engine<Hparams>;
  /** The same with dropout; takes the same batches. Null where the engine has none. */
  readonly dropout: Engine<Hparams> | null;
  readonly hparams: Hparams;
  readonly loss: Recipe;
  /** Each with a rate at which 30 steps on one batch bring the loss well down. */
  readonly optimizers: readonly { readonly recipe: Recipe; readonly lr: number }[];
  /** The n-th batch: always the same, and different for different n. */
  batch(n: number, samples: number): Batch;
  /** Batches that don't fit the net: a missing input, another width, another type. */
  readonly wrongBatches: readonly { readonly what: string; readonly batch: Batch }[];
  /** Describes the net in a fresh process, and says whether the engine's native code was loaded there. */
  loadsNativeCodeToDescribe(): Promise<boolean>;
}
