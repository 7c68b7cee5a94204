import { positiveInteger, refuse } from '@reprise/core';
import type { DType } from '@reprise/core';
import { EngineError } from '../graph/engine-error.js';
import { inferShapes, type TensorType } from '../graph/infer.js';
import type { ValueType } from '../proto/write-model.js';
import { expectation } from './expected.js';
import type { NetGraph } from './graph-of-net.js';

/** What the user says of inputs: shapes are those of one sample. */
export interface GivenTypes {
  readonly dtypes: { readonly [input: string]: DType | undefined };
  readonly shapes: { readonly [input: string]: readonly number[] | undefined };
}

/** Two sizes each for a dimension that may have any: the batch's, and those of images. */
const sizes = { batch: [3, 5], other: [224, 256] } as const;

/**
 * Types of a net's inputs and outputs for a file, under their names. An input's shape is what was given, else what the first layer tells; those of
 * outputs follow from them by inference for two sizes of each dimension that is open, and are left out where that doesn't tell.
 * @throws OptionError; EngineError `ENGINE_BUILD` where the net can't take the shapes that were given
 */
export function exportTypes(net: NetGraph, given: GivenTypes): ReadonlyMap<string, ValueType> {
  const types = new Map(net.graph.inputs.map((name) => [name, inputType(net, name, given)]));
  for (const [name, type] of outputTypes(net, types, Object.keys(given.shapes).length > 0)) types.set(name, type);
  return types;
}

function inputType({ graph }: NetGraph, name: string, { dtypes, shapes }: GivenTypes): ValueType {
  const expected = expectation(graph, name);
  const shape = shapes[name];
  if (shape !== undefined) checkShape(name, shape);
  return {
    dtype: expected.dtype ?? dtypes[name] ?? 'float32',
    shape: shape === undefined ? expected.shape : ['batch', ...shape],
  };
}

function checkShape(name: string, shape: unknown): void {
  const where = 'the export as ONNX';
  if (!Array.isArray(shape)) refuse(where, `shapes.${name}`, 'the sizes of one sample, such as [1, 28, 28]', shape);
  for (const size of shape as readonly unknown[]) positiveInteger(where, `a size in shapes.${name}`, size);
}

function outputTypes(net: NetGraph, inputs: ReadonlyMap<string, ValueType>, strict: boolean): [string, ValueType][] {
  try {
    const [first, second] = [0, 1].map((size) => inferShapes(net.graph, probe(inputs, size as 0 | 1)));
    return net.graph.outputs.map((tensor, index) => {
      const name = net.outputs[index] as string;
      return [name, typeOf(name, first?.get(tensor), second?.get(tensor))];
    });
  } catch (error) {
    if (!(error instanceof EngineError) || strict) throw error;
    return [];
  }
}

/** Inputs with sizes for their open dimensions. @throws EngineError where nothing is known of one */
function probe(inputs: ReadonlyMap<string, ValueType>, size: 0 | 1): ReadonlyMap<string, TensorType> {
  return new Map(
    Array.from(inputs, ([name, { dtype, shape }]) => {
      if (shape === null) {
        throw new EngineError(
          'ENGINE_BUILD',
          `Give the shape of the input '${name}', as { shapes: { ${name}: [1, 28, 28] } }.`,
        );
      }
      const open = (dim: string): number => sizes[dim === 'batch' ? 'batch' : 'other'][size];
      return [name, { dtype, shape: shape.map((dim) => (typeof dim === 'number' ? dim : open(dim))) }];
    }),
  );
}

/** A type of which two examples are known: where they differ, a dimension is open. */
function typeOf(name: string, first: TensorType | undefined, second: TensorType | undefined): ValueType {
  if (first === undefined || second === undefined) throw new TypeError(`No type was inferred for '${name}'.`);
  const shape = first.shape.map((dim, axis) => {
    const other = second.shape[axis];
    if (dim === other) return dim;
    return dim === sizes.batch[0] && other === sizes.batch[1] ? 'batch' : `${name}_${axis}`;
  });
  return { dtype: first.dtype, shape };
}
