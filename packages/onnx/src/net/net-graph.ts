import { RepriseError } from '@reprise/core';
import type { NetDescription, Outline, Plain, Tensors } from '@reprise/core';
import { GraphBuilder } from '../graph/builder.js';
import { EngineError } from '../graph/engine-error.js';
import type { Graph, Node, Parameter, TensorName } from '../graph/graph.js';
import type { NetGraph } from './graph-of-net.js';
import { isLayer } from '../nn/checks.js';
import type { Layer, Named, Net } from '../nn/layer.js';
import { outlineOfNet } from './outline.js';

/** Version of the form in which a net is written into its recipe. */
const format = 1;

/** What the builder returned, as a graph. @throws EngineError `ENGINE_BUILD` */
export function graphOf(net: Layer | Net): NetGraph {
  const g = new GraphBuilder();
  const outputs = define(g, net);
  const names = Object.keys(outputs);
  if (names.length === 0)
    throw new EngineError('ENGINE_BUILD', 'The net has no output: return a tensor, or several by name.');
  return { graph: g.build(names.map((name) => outputs[name] as TensorName)), outputs: names };
}

function define(g: GraphBuilder, net: Layer | Net): Named {
  if (isLayer(net)) {
    const input = g.input('input');
    // A container's layers are the net's own; a single layer gets its name by kind.
    const output =
      net.kind === 'sequential' ? net.build(g, input) : g.scope(g.numbered(net.kind), () => net.build(g, input));
    return { output };
  }
  if (typeof net !== 'object' || net === null || (net as Partial<Net>).kind !== 'net') {
    throw new EngineError(
      'ENGINE_BUILD',
      `onnx(…): the builder must return a layer or nn.graph(…), and returned ${typeof net}.`,
    );
  }
  return net.define(g, Object.fromEntries(net.inputs.map((name) => [name, g.input(name)])));
}

/** A net as what the port describes. */
export function describeNet(net: NetGraph): NetDescription {
  const { graph, outputs, weights } = net;
  const recipe = {
    format,
    inputs: graph.inputs,
    outputs: outputs.map((name, index) => [name, graph.outputs[index] as TensorName]),
    nodes: graph.nodes,
    parameters: graph.parameters,
    constants: graph.constants,
    ...(weights === undefined ? {} : { weights }),
  };
  let outline: Outline | undefined;
  return {
    engine: 'onnx',
    recipe: recipe as unknown as Plain,
    parameters: graph.parameters.map(({ name, dtype, shape, kind }) => ({ name, dtype, shape, kind })),
    inputs: graph.inputs,
    outputs,
    get outline() {
      return (outline ??= outlineOfNet(net));
    },
  };
}

/** The net of a description, its recipe read back. @throws RepriseError `FORMAT_VERSION` */
export function netOf(description: NetDescription): NetGraph {
  const recipe = description.recipe as unknown as {
    readonly format: number;
    readonly inputs: readonly TensorName[];
    readonly outputs: readonly (readonly [string, TensorName])[];
    readonly nodes: readonly Node[];
    readonly parameters: readonly Parameter[];
    readonly constants: Graph['constants'];
    readonly weights?: Tensors;
  };
  if (description.engine !== 'onnx' || recipe.format !== format) {
    throw new RepriseError(
      'FORMAT_VERSION',
      `The net was described by the engine '${description.engine}' in format ${String(recipe.format)}; this one reads 'onnx' in format ${format}.`,
    );
  }
  const { inputs, nodes, parameters, constants, weights } = recipe;
  return {
    graph: { inputs, nodes, parameters, constants, outputs: recipe.outputs.map(([, tensor]) => tensor) },
    outputs: recipe.outputs.map(([name]) => name),
    ...(weights === undefined ? {} : { weights }),
  };
}
