import type { Tensor, Tensors } from '@reprise/core';
import { intTensor, valuesOf } from '../graph/constants.js';
import { dtypeOfOnnx } from '../graph/element-types.js';
import { EngineError } from '../graph/engine-error.js';
import type { Attribute, Graph, Node, Parameter } from '../graph/graph.js';
import { Message } from './fields.js';
import { readTensor } from './read-tensor.js';
import type { ValueType } from './write-model.js';

export interface ImportedModel {
  readonly graph: Graph;
  /** The values of all parameters. */
  readonly weights: Tensors;
  /** Types of inputs and outputs, as the file states them. */
  readonly types: ReadonlyMap<string, ValueType>;
}

/** The operator sets whose models can be read: since 13 axes are inputs, and what changed up to 20 is rewritten on reading. */
const oldest = 13;
const newest = 20;

/** Inputs of operators that are settings rather than weights, though they are floats. */
const settings: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Pad: [2],
  Resize: [1, 2],
  Dropout: [1],
  OneHot: [2],
};

/**
 * Reads an ONNX model, such as PyTorch exports. Its float initializers with a dimension become parameters, under their names; running
 * statistics of BatchNormalization become buffers; everything else is constant. Nothing in the file is trusted: sizes are checked against what
 * is there before anything is allocated.
 * @throws EngineError `ENGINE_BUILD` where the file is damaged, or uses what this engine has not.
 */
export function readModel(bytes: Uint8Array): ImportedModel {
  try {
    const model = new Message(bytes);
    const graph = model.message(7);
    if (!graph) throw new RangeError('no graph');
    const version =
      model
        .messages(8)
        .find((set) => ['', 'ai.onnx'].includes(set.text(1)))
        ?.number(2) ?? 0;
    if (version < oldest || version > newest) {
      throw new RangeError(`operator set ${version}: export it with one from ${oldest} to ${newest}, best 17`);
    }
    return readGraph(graph);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('ENGINE_BUILD', `This is no ONNX model that can be read. Found: ${why}.`, { cause });
  }
}

function readGraph(graph: Message): ImportedModel {
  const constants = new Map<string, Tensor>();
  const weights = new Map<string, Tensor>();
  const raw = graph.messages(1).map(readNode);
  const nodes: Node[] = [];
  for (const { node, constant } of raw) {
    if (constant) constants.set(node.outputs[0] ?? '', constant);
    else nodes.push(node);
  }
  if (graph.has(15)) throw new RangeError('sparse weights, which reprise has not');
  const roles = rolesOf(nodes);
  const parameters: Parameter[] = [];
  for (const message of graph.messages(5)) {
    const name = message.text(8);
    const tensor = readTensor(message);
    const role = roles.get(name) ?? 'parameter';
    const { dtype, shape } = tensor;
    if (shape.length === 0 || role === 'setting' || (dtype !== 'float32' && dtype !== 'float64')) {
      constants.set(name, tensor);
    } else {
      parameters.push({ name, dtype, shape, init: { kind: 'given', args: {} }, kind: role });
      weights.set(name, tensor);
    }
  }
  const inputs = graph.messages(11).filter((value) => !weights.has(value.text(1)) && !constants.has(value.text(1)));
  const outputs = graph.messages(12);
  const types = new Map([...inputs, ...outputs.filter((value) => value.has(2))].map(readValue));
  const names = (values: readonly Message[]): string[] => values.map((value) => value.text(1));
  const result: Graph = {
    inputs: names(inputs),
    outputs: names(outputs),
    nodes: nodes.map((node) => inSet17(node, constants)),
    parameters,
    constants,
  };
  check(result);
  return { graph: result, weights, types };
}

/** What each initializer is for, where that isn't a weight. */
function rolesOf(nodes: readonly Node[]): ReadonlyMap<string, 'buffer' | 'setting'> {
  const roles = new Map<string, 'buffer' | 'setting'>();
  for (const { op, inputs } of nodes) {
    for (const [index, name] of inputs.entries()) {
      if (op === 'BatchNormalization' && index >= 3) roles.set(name, 'buffer');
      if (settings[op]?.includes(index)) roles.set(name, 'setting');
    }
  }
  return roles;
}

function readNode(message: Message): { readonly node: Node; readonly constant: Tensor | undefined } {
  const op = message.text(4);
  const domain = message.text(7);
  const layer = layerOf(message.text(3));
  if (domain !== '' && domain !== 'ai.onnx') {
    throw new EngineError(
      'ENGINE_BUILD',
      `The operator ${domain}.${op} is not ONNX's own: export the model without it.`,
      { layer, op },
    );
  }
  const attributes = new Map<string, Attribute>();
  let constant: Tensor | undefined;
  for (const attribute of message.messages(5)) {
    const name = attribute.text(1);
    const tensor = attribute.message(5);
    if (op === 'Constant') constant = tensor ? readTensor(tensor) : constantOf(readAttribute(attribute));
    else attributes.set(name, readAttribute(attribute));
  }
  const node: Node = {
    op,
    inputs: message.texts(1),
    outputs: message.texts(2),
    attributes: Object.fromEntries(attributes),
    layer,
  };
  return { node, constant };
}

/** `hidden/Gemm_1`, `/hidden/Gemm`: the path before the operator. */
function layerOf(node: string): string {
  const path = node.startsWith('/') ? node.slice(1) : node;
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function readAttribute(message: Message): Attribute {
  switch (message.number(20)) {
    case 1:
      return { float: shortest(message.number(2)) };
    case 2:
      return message.number(3);
    case 3:
      return message.text(4);
    case 6:
      return { floats: message.floats(7, 4).map(shortest) };
    case 7:
      return message.integers(8);
    default:
      throw new RangeError(`the attribute '${message.text(1)}' of a kind that reprise has not`);
  }
}

/** The shortest decimal that is this float32: 0.9 rather than 0.8999999761581421. */
function shortest(value: number): number {
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === value ? short : value;
}

function constantOf(value: Attribute): Tensor {
  if (typeof value === 'number') return { ...intTensor([value]), shape: [] };
  if (Array.isArray(value)) return intTensor(value as readonly number[]);
  if (typeof value === 'object' && 'float' in value)
    return { dtype: 'float32', shape: [], data: Float32Array.of(value.float) };
  if (typeof value === 'object' && 'floats' in value)
    return { dtype: 'float32', shape: [value.floats.length], data: Float32Array.from(value.floats) };
  throw new RangeError('a constant text');
}

function readValue(message: Message): [string, ValueType] {
  const name = message.text(1);
  const type = message.message(2)?.message(1);
  const number = type?.number(1) ?? 0;
  const dtype = dtypeOfOnnx(number);
  if (!type || !dtype)
    throw new RangeError(`the value '${name}' of ONNX's element type ${number}, which reprise has not`);
  const dims = type.message(2)?.messages(1) ?? [];
  return [
    name,
    { dtype, shape: dims.map((dim, axis) => (dim.has(1) ? dim.number(1) : dim.text(2) || `${name}_${axis}`)) },
  ];
}

/** Since set 18, reductions have their axes as an input; before, as an attribute. */
function inSet17(node: Node, constants: ReadonlyMap<string, Tensor>): Node {
  const axes = constants.get(node.inputs[1] ?? '');
  if (!node.op.startsWith('Reduce') || node.op === 'ReduceSum' || !axes) return node;
  return { ...node, inputs: node.inputs.slice(0, 1), attributes: { ...node.attributes, axes: valuesOf(axes) } };
}

/** Every tensor has one name, and is there before it is read. */
function check({ inputs, outputs, nodes, parameters, constants }: Graph): void {
  const known = new Set(['', ...inputs, ...constants.keys(), ...parameters.map(({ name }) => name)]);
  for (const node of nodes) {
    const missing = node.inputs.find((name) => !known.has(name));
    if (missing !== undefined) throw new RangeError(`${node.op} reading '${missing}', which nothing before it makes`);
    for (const name of node.outputs) {
      if (name && known.has(name)) throw new RangeError(`two tensors called '${name}'`);
      known.add(name);
    }
  }
  const missing = outputs.find((name) => !known.has(name));
  if (missing !== undefined) throw new RangeError(`an output '${missing}' that nothing makes`);
}
