import type { Tensor } from '@reprise/core';
import type { TensorName } from '../graph/graph.js';
import type { ShapedBuilder } from '../graph/shaped-builder.js';
import type { Site, TensorType } from './site.js';

/** A node on the way back from the loss: what a gradient rule sees. */
export interface GradientSite {
  /** The node, with its attributes and the types of its inputs. */
  readonly site: Site;
  /** Where backward nodes are added. */
  readonly g: ShapedBuilder;
  readonly x: (index: number) => TensorName;
  readonly y: (index: number) => TensorName;
  /**
   * The gradient of an output, with the output's shape; only where the rule is `broadcasts`, with any shape that broadcasts to it.
   * Undefined where the loss doesn't depend on the output.
   */
  readonly dy: readonly (TensorName | undefined)[];
  /** Whether the gradient of this input is wanted. */
  readonly wanted: (index: number) => boolean;
}

/** What reprise knows of an operator. */
export interface Rule {
  /** The types of the outputs; `site.fail` where the inputs don't fit. */
  readonly infer: (site: Site) => readonly TensorType[];
  /**
   * Adds backward nodes and returns the gradient of each input, undefined where it is not wanted. `stops`: the operator is piecewise constant, so
   * nothing flows back. Absent: not known how.
   */
  readonly gradient?: ((at: GradientSite) => readonly (TensorName | undefined)[]) | 'stops';
  /** The gradient rule takes a `dy` that is smaller than the output and broadcasts to it. */
  readonly broadcasts?: boolean;
  /** The outputs of constant inputs, where it is needed to know shapes. */
  readonly fold?: (site: Site) => readonly Tensor[] | undefined;
}

export type Rules = Readonly<Record<string, Rule>>;
