import { checkOptions, func, refuse } from '@reprise/core';
import type { GraphBuilder } from '../graph/builder.js';
import type { TensorName } from '../graph/graph.js';
import type { Named, Net } from './layer.js';

/**
 * A net written as a function of its inputs, with ONNX's operators (`g.matMul(…)`) and with layers (`nn.apply(g, nn.linear(…), x, 'head')`).
 * One tensor returned is the output `output`; several have the names that they are returned under.
 *
 * ```ts
 * nn.graph((g, { user, item }) => g.reduceSum(g.mul(nn.apply(g, users, user, 'users'), nn.apply(g, items, item, 'items')), [1]),
 *   { inputs: ['user', 'item'] })
 * ```
 * @throws OptionError `UNKNOWN_OPTION`, `INVALID_OPTION`
 */
export function graph<const Inputs extends readonly string[] = readonly ['input']>(
  define: (g: GraphBuilder, inputs: Named<Inputs[number]>) => TensorName | Named,
  options: { readonly inputs?: Inputs } = {},
): Net {
  func('nn.graph', 'define', define);
  checkOptions('nn.graph', options, ['inputs']);
  const inputs: readonly string[] = options.inputs ?? ['input'];
  if (!Array.isArray(inputs) || inputs.length === 0) refuse('nn.graph', 'inputs', 'a list of names', inputs);
  return {
    kind: 'net',
    inputs,
    define(g, named) {
      const result = define(g, named);
      return typeof result === 'string' ? { output: result } : result;
    },
  };
}
