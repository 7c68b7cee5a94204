import type { DType, Tensor } from '@reprise/core';

/** The name of a tensor in a graph. The empty string is an optional input that is left out, as in ONNX. */
export type TensorName = string;

export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };

/**
 * One node, as ONNX has it: operator, inputs, outputs, attributes. A number that is an integer is an `int` attribute; write
 * `{ float: 1 }` for a float that may be whole.
 */
export interface Node {
  readonly op: string;
  readonly inputs: readonly TensorName[];
  readonly outputs: readonly TensorName[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The layer it came from, for errors: `hidden`, `block1.conv`. */
  readonly layer: string;
}

/** How a parameter begins, before any training: PyTorch's initialisers, by name. */
export interface Initializer {
  readonly kind: string;
  readonly args: Readonly<Record<string, number>>;
}

export interface Parameter {
  readonly name: TensorName;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly init: Initializer;
  readonly kind: 'parameter' | 'buffer';
}

/**
 * A net as data: the ONNX graph itself (operator set 17), its parameters as inputs. Shapes of activations are not part of it:
 * they follow from those of a batch. `Dropout` and `BatchNormalization` stand in it as they are, and are lowered for the mode it is run in.
 */
export interface Graph {
  readonly inputs: readonly TensorName[];
  readonly outputs: readonly TensorName[];
  /** In an order in which each can be computed. */
  readonly nodes: readonly Node[];
  /** In the order of their creation; names are `layer.weight`, as PyTorch writes them. */
  readonly parameters: readonly Parameter[];
  /** Small tensors that never change: shapes, axes, scalars. */
  readonly constants: ReadonlyMap<TensorName, Tensor>;
}
