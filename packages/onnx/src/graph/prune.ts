import type { Graph, TensorName } from './graph.js';

/** The same graph without what its outputs don't need: nodes, constants, inputs, parameters. */
export function prune(graph: Graph): Graph {
  const needed = new Set<TensorName>(graph.outputs);
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false;
    for (const name of node.inputs) needed.add(name);
    return true;
  });
  return {
    inputs: graph.inputs.filter((name) => needed.has(name)),
    outputs: graph.outputs,
    nodes: nodes.toReversed(),
    parameters: graph.parameters.filter(({ name }) => needed.has(name)),
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
  };
}
