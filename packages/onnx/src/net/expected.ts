import type { Graph, Node, TensorName } from '../graph/graph.js';
import type { ValueType } from '../proto/write-model.js';

/** What an input should look like, as far as the layers that read it tell. The first dimension is the batch's. */
export interface Expectation {
  /** Null where the net casts it: any numbers. */
  readonly dtype: ValueType['dtype'] | null;
  /** Null where any shape may do. */
  readonly shape: ValueType['shape'];
}

/** `input: float32 [batch, 784]` */
export function expectedInputs(graph: Graph): string {
  return graph.inputs
    .map((name) => {
      const { dtype, shape } = expectation(graph, name);
      return `${name}: ${dtype ?? 'any numbers'} [${shape?.join(', ') ?? 'batch, …'}]`;
    })
    .join(', ');
}

/** Follows an input through what leaves its shape alone, to the first layer with weights. */
export function expectation(graph: Graph, input: TensorName): Expectation {
  let tensor = input;
  let dtype: Expectation['dtype'] = 'float32';
  for (const node of graph.nodes) {
    const place = node.inputs.indexOf(tensor);
    if (place < 0) continue;
    if (node.op === 'Cast' && tensor === input) dtype = null;
    else if (node.op === 'Gather' && place === 1) return { dtype: dtype && 'int64', shape: null };
    else if (!shapeless.has(node.op) || place !== 0)
      return { dtype, shape: place === 0 ? weighted(graph, node) : null };
    tensor = node.outputs[0] ?? '';
  }
  return { dtype, shape: null };
}

const shapeless: ReadonlySet<string> = new Set(['Cast', 'Dropout', 'Identity', 'Sub', 'Div', 'Mul', 'Add', 'Relu']);

function weighted(graph: Graph, { op, inputs, attributes }: Node): ValueType['shape'] {
  const weight = weightShape(graph, inputs[1]);
  if (weight === undefined) return null;
  if (op === 'MatMul' && weight.length === 2) return ['batch', weight[0] as number];
  if (op === 'Gemm') return ['batch', (attributes['transB'] === 1 ? weight[1] : weight[0]) as number];
  const group = typeof attributes['group'] === 'number' ? attributes['group'] : 1;
  return op === 'Conv' && weight.length === 4 ? ['batch', (weight[1] as number) * group, 'height', 'width'] : null;
}

/** The shape of a parameter, or of its transposition. */
function weightShape(graph: Graph, name: TensorName | undefined): readonly number[] | undefined {
  const parameter = graph.parameters.find((each) => each.name === name);
  if (parameter) return parameter.shape;
  const node = graph.nodes.find(({ outputs }) => outputs[0] === name);
  return node?.op === 'Transpose' ? weightShape(graph, node.inputs[0])?.toReversed() : undefined;
}
