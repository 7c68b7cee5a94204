import { RepriseError } from '@reprise/core';
import type { Batch } from '@reprise/core';
import type { Graph, TensorName } from '../graph/graph.js';

/** An input of a net whose elements are rows of a table. */
interface Lookup {
  readonly input: TensorName;
  readonly rows: number;
  readonly layer: string;
}

/** Operators that pass on every element and change none. */
const carriers: ReadonlySet<string> = new Set([
  'Cast',
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
]);

/** The inputs that pick rows of parameters: those of embeddings, as they come or in another shape or type. */
function lookupsOf(graph: Graph): readonly Lookup[] {
  const tables = new Map(graph.parameters.map(({ name, shape }) => [name, shape[0] ?? 0]));
  const carried = new Map(graph.inputs.map((name) => [name, name]));
  const lookups: Lookup[] = [];
  for (const { op, inputs, outputs, attributes, layer } of graph.nodes) {
    const source = carried.get(inputs[0] ?? '');
    if (source !== undefined && carriers.has(op)) carried.set(outputs[0] ?? '', source);
    const [rows, input] = [tables.get(inputs[0] ?? ''), carried.get(inputs[1] ?? '')];
    if (op !== 'Gather' || rows === undefined || input === undefined || (attributes['axis'] ?? 0) !== 0) continue;
    lookups.push({ input, rows, layer });
  }
  return lookups;
}

/**
 * A check of a batch's indices into embeddings: ONNX takes −1 for the last row, in silence.
 * @throws RepriseError `DATA_MISMATCH` from the check
 */
export function lookupCheck(graph: Graph): (batch: Batch) => void {
  const lookups = lookupsOf(graph);
  return (batch) => {
    for (const { input, rows, layer } of lookups) {
      const tensor = batch.get(input);
      const expected = `a whole number from 0 to ${rows - 1}, as ${layer ? `'${layer}'` : 'the table'} has ${rows} rows`;
      if (tensor) checkIndices(`The index in '${input}'`, tensor.data, rows, expected);
    }
  };
}

/** @throws RepriseError `DATA_MISMATCH` where an element is no whole number from 0 to below `count` */
export function checkIndices(what: string, data: ArrayLike<number | bigint>, count: number, expected: string): void {
  for (let i = 0; i < data.length; i++) {
    const index = data[i]!;
    if (index >= 0 && index < count && (typeof index === 'bigint' || Number.isInteger(index))) continue;
    throw new RepriseError('DATA_MISMATCH', `${what} at ${i} is ${index}; expected ${expected}.`);
  }
}
