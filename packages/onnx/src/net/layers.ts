import type { BatchTypes, LayerDescription } from '@reprise/core';
import type { Node, TensorName } from '../graph/graph.js';
import { inferShapes } from '../graph/infer.js';
import { lowerFor } from '../session/compile.js';
import type { NetGraph } from './graph-of-net.js';

/** Operators that only bring a layer's tensors into shape: they say nothing about what it is. */
const plumbing = new Set(['Constant', 'Identity', 'Reshape', 'Transpose', 'Shape', 'Unsqueeze', 'Squeeze', 'Cast']);

/** The layers of a net in the order in which they begin; nodes outside of any layer by themselves (`Add_1`). @throws RepriseError `DATA_MISMATCH` */
export function layersOf(net: NetGraph, batch?: BatchTypes): readonly LayerDescription[] {
  const { graph } = net;
  if (batch !== undefined) lowerFor(net, batch, 'eval');
  const types = batch && inferShapes(graph, batch);
  const owner = new Map<TensorName, string>();
  const parameters = new Set(graph.parameters.map(({ name }) => name));
  const layers = new Map<string, Node[]>();
  const counts = new Map<string, number>();
  for (const node of graph.nodes) {
    const count = (counts.get(node.op) ?? 0) + (node.layer === '' ? 1 : 0);
    counts.set(node.op, count);
    const name = node.layer === '' ? `${node.op}_${count}` : node.layer;
    layers.set(name, [...(layers.get(name) ?? []), node]);
    for (const input of node.inputs) if (parameters.has(input) && !owner.has(input)) owner.set(input, name);
  }
  return [...layers].map(([name, nodes]) => {
    const all = [...new Set(nodes.map(({ op }) => op))];
    const telling = all.filter((op) => !plumbing.has(op));
    return {
      name,
      operators: telling.length > 0 ? telling : all,
      output: types?.get(nodes.at(-1)?.outputs[0] ?? '')?.shape ?? null,
      parameters: graph.parameters.map((each) => each.name).filter((each) => owner.get(each) === name),
    };
  });
}
