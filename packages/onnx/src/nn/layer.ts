import type { GraphBuilder } from '../graph/builder.js';
import type { TensorName } from '../graph/graph.js';

/** A piece of a net: one tensor in, one out. Its parameters belong to the name that it is built under. */
export interface Layer {
  /** What unnamed layers are called by and counted by: `linear1`, `linear2`. */
  readonly kind: string;
  /** Adds its nodes and parameters to the graph, in the layer that is open there (`g.scope`), and returns its output. */
  build(g: GraphBuilder, input: TensorName): TensorName;
}

/** Names of the tensors of a graph, by what they are called outside of it. */
export type Named<Names extends string = string> = { readonly [name in Names]: TensorName };

/** A whole net, with named inputs and outputs. */
export interface Net {
  readonly kind: 'net';
  readonly inputs: readonly string[];
  define(g: GraphBuilder, inputs: Named): Named;
}
