import { sizeOf } from '@reprise/core';
import type { Tensor, TensorData } from '@reprise/core';
import * as ort from 'onnxruntime-node';
import { differentiate } from '../../src/graph/differentiate.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import type { Graph, TensorName } from '../../src/graph/graph.js';
import { lower } from '../../src/graph/lower.js';
import { prune } from '../../src/graph/prune.js';
import { ShapedBuilder } from '../../src/graph/shaped-builder.js';
import { writeModel } from '../../src/proto/write-model.js';
import type { ValueType } from '../../src/proto/write-model.js';

export type Feeds = Readonly<Record<string, Tensor>>;

/** A stream of numbers in [−1, 1), the same on every run. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * 0.999;
  };
}

export function float32(shape: readonly number[], values: Iterable<number> | (() => number)): Tensor {
  const data =
    typeof values === 'function' ? Float32Array.from({ length: sizeOf(shape) }, values) : Float32Array.from(values);
  return { dtype: 'float32', shape, data };
}

export function int64(shape: readonly number[], values: readonly number[]): Tensor {
  return { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
}

export interface Program {
  run(feeds: Feeds): Promise<readonly Tensor[]>;
}

/** A graph as onnxruntime runs it; parameters are inputs. */
export async function compile(graph: Graph, types: ReadonlyMap<string, ValueType>, threads = 1): Promise<Program> {
  const session = await ort.InferenceSession.create(writeModel(graph, { types }), {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  });
  const names = [...graph.inputs, ...graph.parameters.map(({ name }) => name)];
  return {
    run: async (feeds) => {
      const entries = names.map((name) => {
        const { dtype, data, shape } = feeds[name] as Tensor;
        return [name, new ort.Tensor(dtype, data, [...shape])] as const;
      });
      const found = await session.run(Object.fromEntries(entries));
      return graph.outputs.map((name) => {
        const { type, dims, data } = found[name] as ort.Tensor;
        return { dtype: type as Tensor['dtype'], shape: [...dims], data: data as TensorData };
      });
    },
  };
}

export function typesOf(feeds: Feeds): Map<string, { dtype: Tensor['dtype']; shape: readonly number[] }> {
  return new Map(Object.entries(feeds).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}

/** The graph that `build` writes over inputs of these names. */
export function graphOf(feeds: Feeds, build: (g: GraphBuilder) => readonly TensorName[]): Graph {
  const g = new GraphBuilder();
  for (const name of Object.keys(feeds)) g.input(name);
  return g.build(build(g));
}

/** Adds the loss `Σ outputs · r` for fixed r, and its gradients. */
function withGradients(
  graph: Graph,
  feeds: Feeds,
  wrt: readonly string[],
): { readonly graph: Graph; readonly types: ReadonlyMap<string, ValueType>; readonly projections: readonly Tensor[] } {
  const lowered = lower(graph, typesOf(feeds), 'train');
  const g = new ShapedBuilder(lowered.graph, lowered.types);
  const next = random(77);
  const projections: Tensor[] = [];
  const sums = lowered.graph.outputs.map((name) => {
    const r = float32(g.shape(name), () => next() + 0.1);
    projections.push(r);
    return g.reduceSum(g.mul(name, g.constant(r)));
  });
  const loss = sums.reduce((sum, name) => g.add(sum, name));
  const gradients = differentiate(g, loss, wrt);
  const named = wrt.map((name) => gradients.get(name) ?? g.full(0, g.type(name)));
  return {
    graph: prune(g.build([...lowered.graph.outputs, ...named.map((name) => g.identity(name))])),
    types: g.types,
    projections,
  };
}

/** The gradients of `Σ outputs · r`, and r. */
export async function gradientsOf(
  feeds: Feeds,
  wrt: readonly string[],
  build: (g: GraphBuilder) => readonly TensorName[],
  threads = 1,
): Promise<{ readonly gradients: readonly Tensor[]; readonly projections: readonly Tensor[] }> {
  const graph = graphOf(feeds, build);
  const backward = withGradients(graph, feeds, wrt);
  const found = await (await compile(backward.graph, backward.types, threads)).run(feeds);
  return { gradients: found.slice(graph.outputs.length), projections: backward.projections };
}

/**
 * The greatest difference between our gradient and central finite differences, as a share of the greatest element of that gradient.
 * `repeats`: whether repeated runs gave the same bits.
 */
export async function gradientError(
  feeds: Feeds,
  wrt: readonly string[],
  build: (g: GraphBuilder) => readonly TensorName[],
  options: { readonly step?: number; readonly threads?: number } = {},
): Promise<{ readonly error: number; readonly repeats: boolean; readonly gradients: readonly Tensor[] }> {
  const { step = 1e-2, threads = 1 } = options;
  const graph = graphOf(feeds, build);
  const backward = withGradients(graph, feeds, wrt);
  const program = await compile(backward.graph, backward.types, threads);
  const first = await program.run(feeds);
  let repeats = true;
  for (let round = 0; round < 3; round++) {
    const again = await program.run(feeds);
    repeats &&= again.every(({ data }, index) => sameBits(data, (first[index] as Tensor).data));
  }
  const outputs = graph.outputs.length;
  const gradients = first.slice(outputs);
  const lowered = lower(graph, typesOf(feeds), 'train');
  const forward = await compile(lowered.graph, lowered.types, 1);
  const lossAt = async (changed: Feeds): Promise<number> => {
    const values = await forward.run(changed);
    return values.reduce((sum, { data }, index) => sum + dot(data, (backward.projections[index] as Tensor).data), 0);
  };
  let error = 0;
  for (const [index, name] of wrt.entries()) {
    const tensor = feeds[name] as Tensor;
    const gradient = gradients[index] as Tensor;
    const scale = Math.max(...Array.from(gradient.data as Float32Array, Math.abs), 1e-3);
    for (let at = 0; at < tensor.data.length; at++) {
      const moved = async (by: number): Promise<number> => {
        const data = Float32Array.from(tensor.data as Float32Array);
        data[at] = (data[at] as number) + by;
        return lossAt({ ...feeds, [name]: { ...tensor, data } });
      };
      const numeric = ((await moved(step)) - (await moved(-step))) / (2 * step);
      error = Math.max(error, Math.abs(numeric - Number(gradient.data[at])) / scale);
    }
  }
  return { error, repeats, gradients };
}

export function sameBits(a: TensorData, b: TensorData): boolean {
  const bytes = (data: TensorData): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return bytes(a).equals(bytes(b));
}

function dot(a: TensorData, b: TensorData): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += Number(a[index]) * Number(b[index]);
  return sum;
}
