import { checkOptions, component, func, string, userFunction } from '@reprise/core';
import type { FunctionOptions, Loss } from '@reprise/core';
import type { GraphBuilder } from '../graph/builder.js';
import type { TensorName } from '../graph/graph.js';
import type { Named } from '../nn/layer.js';

/** A loss in graph operators: one number, the mean over the batch, from the net's outputs and the batch's tensors by their names. */
export type LossFunction = (g: GraphBuilder, outputs: Named, batch: Named) => TensorName;

/**
 * A loss of one's own; its gradient is derived.
 *
 * ```ts
 * loss('logCosh', (g, { output }, { target }) => {
 *   const d = g.sub(output, target);
 *   return g.reduceMean(g.sub(g.add(d, g.softplus(g.mul(d, -2))), Math.LN2));
 * })
 * ```
 * What the function closes over is given in `deps`, or it has a `key`.
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function loss(name: string, define: LossFunction, options: FunctionOptions = {}): Loss<'custom'> {
  string('loss', 'name', name);
  func('loss', 'define', define);
  checkOptions('loss', options, ['deps', 'key']);
  return component('loss', 'custom', { name, define: userFunction(define, options) });
}
