import { sizeOf } from '@reprise/core';
import type { Batch, DType, LoadedNet, Tensor, TensorData, Recipe } from '@reprise/core';
import { onnx } from '@reprise/onnx';
import type { Layer, Net } from '@reprise/onnx';

/** Repeatable numbers in [−1, 1) that have nothing to do with the code under test. */
export function numbers(count: number, seed = 1): number[] {
  let state = seed * 2654435761;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export function float32(shape: readonly number[], elements: ArrayLike<number> = numbers(sizeOf(shape))): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(elements) };
}

export function tensor(dtype: DType, shape: readonly number[], data: TensorData): Tensor {
  return { dtype, shape, data };
}

export function batchOf(tensors: { readonly [name: string]: Tensor }): Batch {
  return new Map(Object.entries(tensors));
}

/** A loaded net with the state that a seed stands for. */
export async function open(net: Layer | Net, { seed = 0, threads = 1 } = {}): Promise<LoadedNet> {
  const engine = onnx(() => net);
  const loaded = await engine.load(await engine.describe(undefined), { threads });
  loaded.restore({ net: loaded.initialize(seed), optimizer: null });
  return loaded;
}

/** What a net makes of an input, with these values for some of its parameters. */
export async function outputOf(
  net: Layer | Net,
  input: Tensor,
  parameters: { readonly [name: string]: Tensor } = {},
): Promise<Tensor> {
  const loaded = await open(net);
  loaded.restore({ net: new Map([...loaded.initialize(0), ...Object.entries(parameters)]), optimizer: null });
  const { outputs } = await loaded.evaluate(batchOf({ input }), null);
  const output = outputs.get('output')!;
  await loaded.dispose();
  return output;
}

export function values(of: Tensor | undefined): number[] {
  return Array.from((of?.data ?? []) as ArrayLike<number>);
}

/** The greatest difference between corresponding elements; infinite where the lengths differ. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** The net in the state that a seed stands for, with a fresh optimizer. */
export async function begin(net: LoadedNet, optimizer: Recipe, seed = 0): Promise<LoadedNet> {
  net.restore({ net: net.initialize(seed), optimizer: net.freshOptimizer(optimizer) });
  return net;
}
