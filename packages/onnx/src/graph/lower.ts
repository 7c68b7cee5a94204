import { sizeOf } from '@reprise/core';
import { isFloat } from '../ops/site.js';
import { windowOf } from '../ops/window.js';
import { valuesOf } from './constants.js';
import { EngineError } from './engine-error.js';
import type { Attribute, Graph, Node, TensorName } from './graph.js';
import { inferValues, siteOf } from './infer.js';
import type { TensorType, Types } from './infer.js';
import { ShapedBuilder } from './shaped-builder.js';

/** A random input of a training step: each element 0 with probability `p`, else 1 / (1 − p). */
export interface Mask {
  readonly name: TensorName;
  /** The layer that drops; empty where it has no name. */
  readonly layer: string;
  readonly p: number;
  readonly type: TensorType;
}

export interface Lowered {
  /** Outputs in the order of the graph that was lowered; tensors other than inputs, parameters and constants have names of their own. */
  readonly graph: Graph;
  readonly types: Types;
  readonly masks: readonly Mask[];
  /** The tensor that holds each moving buffer's next value. Empty for evaluation. */
  readonly buffers: ReadonlyMap<TensorName, TensorName>;
}

/**
 * A net for batches of one shape, in the form it is run in. In training, Dropout becomes a product with a mask, and BatchNormalization uses
 * the batch's statistics and moves its buffers, whether its parameters are frozen or not; in evaluation, Dropout is nothing.
 * What depends on shapes alone becomes constant.
 * @throws EngineError `ENGINE_BUILD` where the batch doesn't fit the net.
 */
export function lower(graph: Graph, inputs: ReadonlyMap<string, TensorType>, mode: 'train' | 'eval'): Lowered {
  const { types, constants } = inferValues(graph, inputs);
  const given = [...graph.inputs, ...graph.parameters.map(({ name }) => name)];
  const g = new ShapedBuilder(
    { ...graph, nodes: [] },
    new Map(given.map((name) => [name, types.get(name) as TensorType])),
  );
  const names = new Map<TensorName, TensorName>();
  const masks: Mask[] = [];
  const buffers = new Map<TensorName, TensorName>();
  const now = (name: TensorName): TensorName => names.get(name) ?? name;

  for (const node of mode === 'train' ? pooledFirst(graph) : graph.nodes) {
    const from = node.inputs.map(now);
    const outputs = g.within(node.layer, () => {
      const folded = node.outputs.map((name) => constants.get(name));
      if (folded.length > 0 && folded.every((tensor) => tensor !== undefined))
        return folded.map((tensor) => g.constant(tensor));
      if (node.op === 'Dropout') return [dropout(g, node, from, mode, masks)];
      if (node.op === 'BatchNormalization' && mode === 'train') return [batchNorm(g, node, from, buffers)];
      const wide = node.op === 'LayerNormalization' && mode === 'train' && node.outputs.length === 1;
      return g.opN(node.op, from, windowed(g, node, from), wide ? 3 : node.outputs.length);
    });
    for (const [index, name] of node.outputs.entries()) if (name) names.set(name, outputs[index] as TensorName);
  }
  return { graph: g.build(graph.outputs.map(now)), types: g.types, masks, buffers };
}

/**
 * MaxPool(Relu(x)) as Relu(MaxPool(x)), where nothing else reads between: the same values and gradients, bit for bit, and the activation, forward
 * and backward, on the smaller tensor (a twentieth of a training step of a small convolution net).
 */
function pooledFirst(graph: Graph): readonly Node[] {
  const uses = new Map<TensorName, number>();
  for (const name of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  const relus = new Map(
    graph.nodes.flatMap((node) => (node.op === 'Relu' ? [[node.outputs[0] ?? '', node] as const] : [])),
  );
  const pooled = new Map<Node, Node>();
  for (const pool of graph.nodes) {
    const relu = relus.get(pool.inputs[0] ?? '');
    if (pool.op === 'MaxPool' && pool.outputs.length === 1 && relu && uses.get(pool.inputs[0] ?? '') === 1)
      pooled.set(relu, pool);
  }
  const pools = new Set(pooled.values());
  return graph.nodes.flatMap((node) => {
    const pool = pooled.get(node);
    if (!pool) return pools.has(node) ? [] : [node];
    const between = node.outputs;
    return [
      { ...pool, inputs: node.inputs, outputs: between },
      { ...node, inputs: between, outputs: pool.outputs },
    ];
  });
}

/**
 * A pool's attributes with padding in place of `ceil_mode`, whose shapes onnxruntime infers otherwise than it computes them where a last window
 * would begin in the padding.
 */
function windowed(g: ShapedBuilder, node: Node, inputs: readonly TensorName[]): Readonly<Record<string, Attribute>> {
  const { op, attributes } = node;
  // A mean over the padding would count what is added here.
  const pool = op === 'MaxPool' || (op === 'AveragePool' && !attributes['count_include_pad']);
  if (!pool || !attributes['ceil_mode']) return attributes;
  const site = siteOf(
    { ...node, inputs },
    (name) => g.type(name),
    (name) => g.constantOf(name),
  );
  const { kernel, strides, dilations, begins, size, out } = windowOf(site);
  const ends = out.map((count, axis) => {
    const [k, stride, dilation] = [kernel[axis] as number, strides[axis] as number, dilations[axis] as number];
    return Math.max(
      0,
      (count - 1) * stride + dilation * (k - 1) + 1 - (begins[axis] as number) - (size[axis] as number),
    );
  });
  // onnxruntime takes no padding that is as wide as the kernel; only a dilated one can need it.
  if (ends.some((end, axis) => end >= (kernel[axis] as number))) return attributes;
  const { ceil_mode: _ceil, auto_pad: _auto, ...rest } = attributes;
  return { ...rest, pads: [...begins, ...ends] };
}

function dropout(
  g: ShapedBuilder,
  node: Node,
  [x, ratio]: readonly TensorName[],
  mode: 'train' | 'eval',
  masks: Mask[],
): TensorName {
  const rate = ratio ? g.constantOf(ratio) : undefined;
  const p = rate ? (valuesOf(rate)[0] as number) : 0.5;
  if (!(p >= 0 && p < 1))
    throw new EngineError(
      'ENGINE_BUILD',
      `Dropout in layer '${node.layer}': expected a probability from 0 to below 1, not ${p}.`,
      node,
    );
  const data = x as TensorName;
  if (mode === 'eval' || p === 0) return data;
  const name = g.freshInput('mask', g.type(data));
  masks.push({ name, layer: node.layer, p, type: g.type(data) });
  return g.mul(data, name);
}

/**
 * Ioffe and Szegedy 2015, as PyTorch has it: the biased variance normalises, the unbiased one moves the running variance.
 */
function batchNorm(
  g: ShapedBuilder,
  node: Node,
  inputs: readonly TensorName[],
  buffers: Map<TensorName, TensorName>,
): TensorName {
  const [x, scale, bias, mean, variance] = inputs as [TensorName, TensorName, TensorName, TensorName, TensorName];
  const { shape, dtype } = g.type(x);
  const channels = shape[1] as number;
  const count = sizeOf(shape) / channels;
  if (count < 2 || !isFloat(dtype)) {
    throw new EngineError(
      'ENGINE_BUILD',
      `BatchNormalization in layer '${node.layer}' needs at least 2 values a channel in training, but got ${count}: use larger batches.`,
      node,
    );
  }
  const float = (name: string, fallback: number): number => {
    const value = node.attributes[name];
    return typeof value === 'number' ? value : typeof value === 'object' && 'float' in value ? value.float : fallback;
  };
  const kept = float('momentum', 0.9);
  const axes = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const row = shape.map((_, axis) => (axis === 1 ? channels : 1));
  const batchMean = g.reduceMean(x, axes, true);
  const centred = g.sub(x, batchMean);
  const batchVariance = g.reduceMean(g.mul(centred, centred), axes, true);
  const inverse = g.reciprocal(g.sqrt(g.add(batchVariance, float('epsilon', 1e-5))));
  const moved = (old: TensorName, batch: TensorName, correction: number): TensorName =>
    g.add(g.mul(old, kept), g.mul(g.reshape(batch, [channels]), (1 - kept) * correction));
  buffers.set(mean, moved(mean, batchMean, 1));
  buffers.set(variance, moved(variance, batchVariance, count / (count - 1)));
  return g.add(g.mul(centred, g.mul(inverse, g.reshape(scale, row))), g.reshape(bias, row));
}
