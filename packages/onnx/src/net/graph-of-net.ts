import type { Tensors } from '@reprise/core';
import type { Graph } from '../graph/graph.js';

/** A graph together with the names of its outputs, in their order. */
export interface NetGraph {
  readonly graph: Graph;
  readonly outputs: readonly string[];
  /** The values that parameters begin with, where the net came with them. */
  readonly weights?: Tensors;
}
