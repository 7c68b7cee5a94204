import type { DType, Tensor } from '@reprise/core';
import { valuesOf } from '../graph/constants.js';
import { EngineError } from '../graph/engine-error.js';
import type { Node } from '../graph/graph.js';

/** What is known of a tensor before it is computed. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** `float32 [64, 784]` */
export function show(type: TensorType): string {
  return `${type.dtype} [${type.shape.join(', ')}]`;
}

/** Whether a gradient can flow through elements of this type. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** A node with the types of its inputs: what a shape rule sees. */
export class Site {
  readonly node: Node;
  readonly #types: readonly (TensorType | undefined)[];
  readonly #constant: (name: string) => Tensor | undefined;

  constructor(node: Node, types: readonly (TensorType | undefined)[], constant: (name: string) => Tensor | undefined) {
    this.node = node;
    this.#types = types;
    this.#constant = constant;
  }

  /** The number of inputs, those left out at the end not counted. */
  get count(): number {
    return this.node.inputs.length;
  }

  has(index: number): boolean {
    return this.#types[index] !== undefined;
  }

  input(index: number): TensorType {
    return this.#types[index] ?? this.fail(`input ${index} is required, but was left out`);
  }

  shape(index: number): readonly number[] {
    return this.input(index).shape;
  }

  int(name: string, fallback: number): number {
    const value = this.node.attributes[name];
    if (value === undefined) return fallback;
    return typeof value === 'number' ? value : this.fail(`attribute '${name}' must be an integer`);
  }

  float(name: string, fallback: number): number {
    const value = this.node.attributes[name];
    if (value === undefined) return fallback;
    if (typeof value === 'number') return value;
    return typeof value === 'object' && 'float' in value
      ? value.float
      : this.fail(`attribute '${name}' must be a number`);
  }

  ints(name: string): readonly number[] | undefined {
    const value = this.node.attributes[name];
    if (value === undefined) return undefined;
    return Array.isArray(value)
      ? (value as readonly number[])
      : this.fail(`attribute '${name}' must be a list of integers`);
  }

  text(name: string, fallback: string): string {
    const value = this.node.attributes[name];
    if (value === undefined) return fallback;
    return typeof value === 'string' ? value : this.fail(`attribute '${name}' must be text`);
  }

  /** The value of an input that is the same for every batch of these shapes. */
  constant(index: number): Tensor | undefined {
    const name = this.node.inputs[index];
    return name ? this.#constant(name) : undefined;
  }

  /** The numbers in an input that decides a shape, so must be constant; undefined where it was left out. */
  values(index: number): readonly number[] | undefined {
    if (!this.node.inputs[index]) return undefined;
    const tensor = this.constant(index);
    if (!tensor) {
      this.fail(
        `input ${index} ('${this.node.inputs[index]}') decides a shape, so it must be a constant, but it is computed from data`,
      );
    }
    return valuesOf(tensor);
  }

  /** An axis counted from the end, or from the start, as one from the start. */
  axis(axis: number, rank: number): number {
    const from0 = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(axis) || from0 < 0 || from0 >= rank)
      this.fail(`axis ${axis} is outside a tensor of ${rank} dimensions`);
    return from0;
  }

  /** Refuses a gradient. */
  noGradient(of: string): never {
    const { op, layer } = this.node;
    throw new EngineError('NO_GRADIENT', `No gradient is known for ${op}${layer && ` in layer '${layer}'`}: ${of}.`, {
      layer,
      op,
    });
  }

  fail(why: string): never {
    const { op, layer } = this.node;
    const inputs = this.#types.flatMap((type) => (type ? [show(type)] : []));
    throw new EngineError(
      'ENGINE_BUILD',
      `${op}${layer && ` in layer '${layer}'`}: ${why}. It was given ${inputs.join(' and ') || 'nothing'}.`,
      {
        layer,
        op,
      },
    );
  }
}
