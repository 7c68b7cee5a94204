import { RepriseError } from '@reprise/core';
import type { Tensors } from '@reprise/core';
import type { Graph, Node, TensorName } from '../graph/graph.js';
import type { TensorType } from '../ops/site.js';
import { writeModel } from '../proto/write-model.js';
import type { ValueType } from '../proto/write-model.js';
import { expectation } from './expected.js';
import type { NetGraph } from './net-graph.js';

/**
 * The net as an ONNX model (operator set 17) for inference: parameters inside, inputs and outputs under the net's names, any number of
 * samples. Dropout does nothing in it and BatchNormalization uses its running statistics, as ONNX has both outside of training.
 * `seen` are types of batches that the net has run on; without them, what its first layers tell of its inputs.
 * @throws RepriseError `EXPORT_UNSUPPORTED` where that isn't enough.
 */
export function exportModel(net: NetGraph, weights: Tensors, seen: ReadonlyMap<string, TensorType>): Uint8Array {
  const types = new Map(net.graph.inputs.map((name) => [name, inputType(net.graph, name, seen.get(name))]));
  return writeModel(withOutputNames(net), { types, weights });
}

function inputType(graph: Graph, name: string, seen: TensorType | undefined): ValueType {
  if (seen) return { dtype: seen.dtype, shape: seen.shape.map((dim, axis) => (axis === 0 ? 'batch' : dim)) };
  const { dtype, shape } = expectation(graph, name);
  if (shape) return { dtype: dtype ?? 'float32', shape };
  throw new RepriseError(
    'EXPORT_UNSUPPORTED',
    `The shape of the input '${name}' isn't known yet. Run the net on a batch first (predict or evaluate), then export it.`,
  );
}

/** The graph with its outputs called what the net calls them. */
function withOutputNames({ graph, outputs }: NetGraph): Graph {
  const computed = new Set(graph.nodes.flatMap((node) => node.outputs));
  const taken = new Set([
    ...graph.inputs,
    ...graph.parameters.map(({ name }) => name),
    ...graph.constants.keys(),
    ...computed,
  ]);
  const renamed = new Map<TensorName, TensorName>();
  const copies: Node[] = [];
  for (const [index, tensor] of graph.outputs.entries()) {
    const name = outputs[index] as string;
    if (name === tensor) continue;
    if (taken.has(name)) {
      throw new RepriseError(
        'EXPORT_UNSUPPORTED',
        `The output '${name}' has the name of another tensor of the net; give it another name.`,
      );
    }
    if (computed.has(tensor) && !renamed.has(tensor)) renamed.set(tensor, name);
    else copies.push({ op: 'Identity', inputs: [tensor], outputs: [name], attributes: {}, layer: '' });
  }
  const now = (name: TensorName): TensorName => renamed.get(name) ?? name;
  const nodes = [...graph.nodes, ...copies].map((node) => ({
    ...node,
    inputs: node.inputs.map(now),
    outputs: node.outputs.map(now),
  }));
  return { ...graph, nodes, outputs };
}
