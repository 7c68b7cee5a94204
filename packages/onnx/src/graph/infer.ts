import type { Tensor } from '@reprise/core';
import { sizeOf } from '@reprise/core';
import { rules } from '../ops/rules.js';
import { Site } from '../ops/site.js';
import type { TensorType } from '../ops/site.js';
import { EngineError } from './engine-error.js';
import type { Graph, Node, TensorName } from './graph.js';

export type { TensorType } from '../ops/site.js';

export type Types = ReadonlyMap<TensorName, TensorType>;

/** Constants up to this many elements are computed on the way, since they may decide shapes. */
const smallConstant = 64;

/**
 * The element type and shape of every tensor of a graph, for inputs of these types; pure JavaScript, some microseconds a node.
 * @throws EngineError `ENGINE_BUILD` naming layer, operator, what it expected and what it was given.
 */
export function inferShapes(graph: Graph, inputs: ReadonlyMap<string, TensorType>): Types {
  return inferValues(graph, inputs).types;
}

/** The same, with the values of small tensors that follow from shapes alone. */
export function inferValues(
  graph: Graph,
  inputs: ReadonlyMap<string, TensorType>,
): { readonly types: Types; readonly constants: ReadonlyMap<TensorName, Tensor> } {
  const types = new Map<TensorName, TensorType>();
  const constants = new Map(graph.constants);
  for (const name of graph.inputs) {
    const type = inputs.get(name);
    if (!type) {
      const given = [...inputs.keys()].join("', '");
      throw new EngineError(
        'ENGINE_BUILD',
        `The net reads the input '${name}', but the batch has '${given}'. Name the batch's tensors as the net does.`,
      );
    }
    types.set(name, { dtype: type.dtype, shape: type.shape });
  }
  for (const { name, dtype, shape } of graph.parameters) types.set(name, { dtype, shape });
  for (const [name, { dtype, shape }] of graph.constants) types.set(name, { dtype, shape });
  for (const node of graph.nodes) {
    const outputs = inferNode(
      node,
      (name) => types.get(name),
      (name) => constants.get(name),
    );
    for (const [index, name] of node.outputs.entries()) {
      const type = outputs[index];
      if (name && type) types.set(name, type);
    }
    for (const [index, value] of foldNode(node, types, constants).entries()) {
      const name = node.outputs[index];
      if (name) constants.set(name, value);
    }
  }
  return { types, constants };
}

/** The types of one node's outputs. */
export function inferNode(
  node: Node,
  type: (name: TensorName) => TensorType | undefined,
  constant: (name: TensorName) => Tensor | undefined,
): readonly TensorType[] {
  const site = siteOf(node, type, constant);
  const rule = rules[node.op];
  if (!rule) return site.fail(`the operator '${node.op}' is not among those this engine knows`);
  return rule.infer(site);
}

/** A node with the types of its inputs. */
export function siteOf(
  node: Node,
  type: (name: TensorName) => TensorType | undefined,
  constant: (name: TensorName) => Tensor | undefined,
): Site {
  const types = node.inputs.map((name) => (name ? type(name) : undefined));
  return new Site(node, types, constant);
}

function foldNode(node: Node, types: Types, constants: ReadonlyMap<TensorName, Tensor>): readonly Tensor[] {
  const fold = rules[node.op]?.fold;
  const output = types.get(node.outputs[0] ?? '');
  if (!fold || !output || sizeOf(output.shape) > smallConstant) return [];
  return (
    fold(
      siteOf(
        node,
        (name) => types.get(name),
        (name) => constants.get(name),
      ),
    ) ?? []
  );
}
