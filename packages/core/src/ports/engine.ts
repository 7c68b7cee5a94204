import type { Recipe } from '../components/recipe.js';
import type { DType, Tensor, Tensors } from '../values/tensor.js';
import type { Outline } from '../values/outline.js';
import type { Plain } from '../values/plain.js';
import type { Batch } from './data-source.js';

export interface ParameterSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Buffers (a running mean) are state too, but no gradient reaches them. */
  readonly kind: 'parameter' | 'buffer';
}

/** A net as data: what the builder built, without a tensor and without the engine's native code. */
export interface NetDescription {
  readonly engine: string;
  /** Everything that decides what the net computes and how its parameters begin, except the seed. */
  readonly recipe: Plain;
  /** In a fixed order, names unique. */
  readonly parameters: readonly ParameterSpec[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * What the net is made of, layer by layer, so that people can be told what changed where the recipe did; shapes of parameters are said
   * by `parameters`. A function of the recipe. Read only when something is recorded or explained: an engine to which it costs makes it then.
   */
  readonly outline: Outline;
}

/** The types of a batch's tensors, by name. */
export type BatchTypes = ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>;

export interface LayerDescription {
  readonly name: string;
  /** What it computes: the names of its operators, each once. */
  readonly operators: readonly string[];
  /** The shape of what it gives; null where that is not known. */
  readonly output: readonly number[] | null;
  /** Names of the parameters and buffers that it is the first to read. */
  readonly parameters: readonly string[];
}

/**
 * What a model needs of a numeric library. `describe` runs on every start and must load no native code; `load` is called
 * only when something has to be computed.
 */
export interface Engine<Hparams = never> {
  readonly name: string;
  /** @throws EngineError with the layer's name, where the net can't be built. */
  describe(hparams: Hparams): NetDescription | Promise<NetDescription>;
  load(net: NetDescription, options: { readonly threads: number }): Promise<LoadedNet>;
  /**
   * The layers of a net in the order in which they are computed, for people; without it, the parameters are grouped by their names. Costs no native code.
   * @param batch the types of a batch's tensors: outputs have the shapes that they have for it; without one, their shapes are not told
   * @throws RepriseError `DATA_MISMATCH`
   */
  layers?(net: NetDescription, batch?: BatchTypes): Promise<readonly LayerDescription[]>;
}

/** The state that an engine holds: what a step reads and writes. */
export interface EngineState {
  /** Every parameter and buffer, by its name in the description. */
  readonly net: Tensors;
  /** The optimizer's tensors, by names of its own (`hidden.weight/m`), and its counters. Null where no optimizer was given. */
  readonly optimizer: { readonly tensors: Tensors; readonly scalars: { readonly [name: string]: number } } | null;
}

export interface StepSpec {
  readonly loss: Recipe;
  /** May have groups of parameters that are updated differently: `parameterGroups` tells them. */
  readonly optimizer: Recipe;
  /** Names of parameters that the step leaves as they are, their optimizer state with them. Buffers of a layer whose parameters are all frozen still move, as in PyTorch. */
  readonly frozen: readonly string[];
  /** What is done to the gradients of the parameters that aren't frozen, before the update. Null: nothing. */
  readonly clip: Clip | null;
}

/** `norm`: all gradients are scaled down alike where their Euclidean norm, as one vector, is more than `most`. `value`: each number is clamped to ±`most`. */
export interface Clip {
  readonly by: 'norm' | 'value';
  /** Above 0. */
  readonly most: number;
}

/** The learning rates of an update. */
export interface Rates {
  /** Of the optimizer's first group, or of all. */
  readonly lr: number;
  /** One for each group, in the order of `parameterGroups`. Left out where `lr` is that of all. */
  readonly rates?: readonly number[];
}

/** Where the random streams of a batch's pass in training mode are. */
export interface PassInput {
  /** Base of the random streams of this step (dropout): streams are a function of (seed, step, part, layer). */
  readonly seed: number;
  /** Counts over the life of the state, from 0. */
  readonly step: number;
  /** Which pass of its step this is, where a step has several: counts from 0, which is what is meant where it is left out. */
  readonly part?: number;
}

export interface StepInput extends Rates, PassInput {}

export interface StepOutput {
  /** Mean over the batch, before the update. */
  readonly loss: number;
  /** What that mean is over, where it isn't the number of samples: the sum of their weights. */
  readonly weight?: number;
  /** The net's outputs for the batch, in training mode, before the update. Valid until the next call on this net. */
  readonly outputs: Tensors;
}

/** A compiled training step. A new one has gathered no gradients. */
export interface Trainer {
  /** One batch, and the update by its gradients. */
  step(batch: Batch, input: StepInput): Promise<StepOutput>;
  /** One batch of a step that has several: its gradients are kept for `update`, and no parameter moves. Buffers do. The batch's memory may be written to afterwards. */
  accumulate(batch: Batch, input: PassInput): Promise<StepOutput>;
  /**
   * The update by the batches since the last one, at least one. Its gradient is that of the mean over all their samples: each batch counts by what its
   * loss is a mean over (`weight`, or else its samples). Clipping is of that gradient. With one batch it is `step`, bit for bit. Memory stays level: that of one
   * gradient more, however many batches.
   */
  update(input: Rates): Promise<void>;
}

/** A batch in evaluation mode. */
export interface Evaluation {
  /** As in `StepOutput`; null where no loss was asked for. */
  readonly loss: number | null;
  readonly weight?: number;
  readonly outputs: Tensors;
}

/** A net in memory, with its live state. Not safe for concurrent calls: the loop awaits each. */
export interface LoadedNet {
  readonly description: NetDescription;
  readonly threads: number;
  /** Versions and device, for provenance. */
  readonly provenance: { readonly [name: string]: string | number };

  /** The parameters and buffers that a seed stands for. A function of (description, seed, name) alone. */
  initialize(seed: number): ReadonlyMap<string, Tensor>;
  /** The fresh state of an optimizer for this net's parameters, by its groups where it has some. */
  freshOptimizer(recipe: Recipe): NonNullable<EngineState['optimizer']>;

  /**
   * The live state. What is returned is never written to again: the next step writes into other buffers.
   * Costs no copy by itself.
   */
  capture(): EngineState;
  /** The live parameters and buffers, to be read before the next call. Unlike `capture`, later steps may write to them. Left out by an engine that can't. */
  peek?(): Tensors;
  /** Makes this the live state. Copies nothing; the engine never writes to tensors that it was given here. */
  restore(state: EngineState): void;

  /**
   * The memory that the live state is in now. What was captured and is not in here any more, no later step reads: it may be handed to another thread.
   * Left out by an engine that can't tell; its states are then hashed on this thread.
   */
  inUse?(): ReadonlySet<ArrayBufferLike>;
  /** Memory that nobody reads any more: later steps may write into it instead of into fresh memory, whose first touch is slow. */
  recycle?(memory: readonly ArrayBuffer[]): void;

  /** Compiles a training step. Cached by its specification and the shapes of the batch. */
  trainer(spec: StepSpec): Promise<Trainer>;
  /** Loss (where a recipe is given) and outputs in evaluation mode; changes nothing. */
  evaluate(batch: Batch, loss: Recipe | null): Promise<Evaluation>;

  /** The file formats this engine can write its net in, as name → bytes of the live net. */
  readonly exports: { readonly [format: string]: (options: { readonly [name: string]: Plain }) => Promise<Uint8Array> };

  /** Frees native memory. The net can't be used afterwards. */
  dispose(): Promise<void>;
}
