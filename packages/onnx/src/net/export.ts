import { checkOptions, oneOf, RepriseError } from '@reprise/core';
import type { DType, Tensors } from '@reprise/core';
import type { Graph, Node, TensorName } from '../graph/graph.js';
import { writeModel } from '../proto/write-model.js';
import { expectation } from './expected.js';
import { exportTypes, type GivenTypes } from './export-types.js';
import type { NetGraph } from './graph-of-net.js';

/**
 * The net as an ONNX model (operator set 17) for inference: parameters inside, inputs and outputs under the net's names, any number of
 * samples. Dropout does nothing in it and BatchNormalization uses its running statistics, as ONNX has both outside of training.
 * Its bytes follow from the net and its parameters alone: of an input's shape they say what the first layer tells.
 * An input that the net casts (`nn.normalize`) is float32 in the file, or what `dtypes` says. Where nothing is known of an input's shape, `shapes` says
 * it: the file then has those of all inputs and outputs, which the reference checker insists on.
 * @throws OptionError; RepriseError `EXPORT_UNSUPPORTED` where an output has another tensor's name; EngineError `ENGINE_BUILD` where the net
 * can't take `shapes`.
 */
export function exportModel(net: NetGraph, weights: Tensors, options: unknown): Uint8Array {
  return writeModel(withOutputNames(net), { types: exportTypes(net, givenTypes(net.graph, options)), weights });
}

function givenTypes(graph: Graph, options: unknown): GivenTypes {
  const where = 'the export as ONNX';
  checkOptions(where, options, ['dtypes', 'shapes']);
  const { dtypes = {}, shapes = {} } = options as {
    readonly dtypes?: { readonly [input: string]: DType };
    readonly shapes?: GivenTypes['shapes'];
  };
  checkOptions(`${where}: dtypes`, dtypes, graph.inputs);
  checkOptions(`${where}: shapes`, shapes, graph.inputs);
  for (const [name, dtype] of Object.entries(dtypes)) {
    const fixed = expectation(graph, name).dtype;
    const choices = fixed === null ? numeric : [fixed];
    oneOf(where, `dtypes.${name}`, dtype, choices);
  }
  return { dtypes, shapes };
}

/** What a net that casts its input can be given. */
const numeric: readonly DType[] = [
  'float32',
  'float64',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'uint32',
  'int64',
  'uint64',
];

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
