import { bytesOf } from '@reprise/core';
import type { DType, Tensor, Tensors } from '@reprise/core';
import { PbfWriter } from 'pbf';
import { onnxTypeOf } from '../graph/element-types.js';
import { EngineError } from '../graph/engine-error.js';
import type { Attribute, Graph, Node } from '../graph/graph.js';

/** A tensor that enters or leaves a model; a dimension with a name may have any size. */
export interface ValueType {
  readonly dtype: DType;
  /** Null where nothing is known of it, not even its rank. */
  readonly shape: readonly (number | string)[] | null;
}

export interface ModelOptions {
  /** Types of inputs and outputs, and of parameters that aren't in `weights`; an output may be left out. */
  readonly types: ReadonlyMap<string, ValueType>;
  /** Parameters whose values the model holds. The others are inputs. */
  readonly weights?: Tensors;
  readonly producer?: { readonly name: string; readonly version: string };
}

/** The operator set that everything here is written in, and the format's version that came with it. */
const operatorSet = 17;
const irVersion = 8;

/** Attribute types (AttributeProto.AttributeType). */
const kinds = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

/**
 * The bytes of an ONNX model (ModelProto). The same graph and options give the same bytes. Costs about a copy of the weights.
 * Field numbers are those of onnx.proto.
 */
export function writeModel(graph: Graph, options: ModelOptions): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, irVersion);
  pbf.writeStringField(2, options.producer?.name ?? 'reprise');
  if (options.producer) pbf.writeStringField(3, options.producer.version);
  pbf.writeMessage(7, (_, out) => writeGraph(out, graph, options), null);
  pbf.writeMessage(8, (_, out) => out.writeVarintField(2, operatorSet), null);
  return pbf.finish();
}

function writeGraph(pbf: PbfWriter, graph: Graph, { types, weights = new Map() }: ModelOptions): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, 'reprise');
  for (const [name, tensor] of graph.constants) pbf.writeMessage(5, writeTensor, { name, tensor });
  for (const { name } of graph.parameters) {
    const tensor = weights.get(name);
    if (tensor) pbf.writeMessage(5, writeTensor, { name, tensor });
  }
  for (const name of graph.inputs) {
    const type = types.get(name);
    if (!type) throw new EngineError('ENGINE_BUILD', `The input '${name}' needs a type to be written.`);
    pbf.writeMessage(11, writeValue, { name, type });
  }
  for (const { name, dtype, shape } of graph.parameters) {
    if (!weights.has(name)) pbf.writeMessage(11, writeValue, { name, type: { dtype, shape } });
  }
  for (const name of graph.outputs) pbf.writeMessage(12, writeValue, { name, type: types.get(name) });
}

function writeNode(node: Node, pbf: PbfWriter): void {
  for (const name of node.inputs) pbf.writeStringField(1, name);
  for (const name of node.outputs) pbf.writeStringField(2, name);
  // Names of nodes must be unique; outputs are, and begin with the layer.
  const first = node.outputs.find((output) => output !== '');
  if (first) pbf.writeStringField(3, first);
  pbf.writeStringField(4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, { name, value });
}

function writeAttribute({ name, value }: { readonly name: string; readonly value: Attribute }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  const kind = kindOf(value);
  if (typeof value === 'string') pbf.writeBytesField(4, new TextEncoder().encode(value));
  else if (typeof value === 'number') {
    if (kind === 'int') pbf.writeVarintField(3, value);
    else pbf.writeFloatField(2, value);
  } else if ('float' in value) pbf.writeFloatField(2, value.float);
  else if ('floats' in value) pbf.writePackedFloat(7, [...value.floats]);
  else pbf.writePackedVarint(8, [...value]);
  pbf.writeVarintField(20, kinds[kind]);
}

function kindOf(value: Attribute): keyof typeof kinds {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if ('float' in value) return 'float';
  return 'floats' in value ? 'floats' : 'ints';
}

function writeTensor({ name, tensor }: { readonly name: string; readonly tensor: Tensor }, pbf: PbfWriter): void {
  if (tensor.shape.length > 0) pbf.writePackedVarint(1, [...tensor.shape]);
  pbf.writeVarintField(2, onnxTypeOf[tensor.dtype]);
  pbf.writeStringField(8, name);
  pbf.writeBytesField(9, bytesOf(tensor.data));
}

function writeValue(
  { name, type }: { readonly name: string; readonly type: ValueType | undefined },
  pbf: PbfWriter,
): void {
  pbf.writeStringField(1, name);
  if (type) pbf.writeMessage(2, (_, out) => out.writeMessage(1, writeTensorType, type), null);
}

function writeTensorType({ dtype, shape }: ValueType, pbf: PbfWriter): void {
  pbf.writeVarintField(1, onnxTypeOf[dtype]);
  if (shape === null) return;
  pbf.writeMessage(
    2,
    (_, out) => {
      for (const dim of shape) out.writeMessage(1, writeDim, dim);
    },
    null,
  );
}

function writeDim(dim: number | string, pbf: PbfWriter): void {
  if (typeof dim === 'number') pbf.writeVarintField(1, dim);
  else pbf.writeStringField(2, dim);
}
