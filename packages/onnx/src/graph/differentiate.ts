import { sizeOf } from '@reprise/core';
import { sameShape } from '../ops/broadcast.js';
import { rules } from '../ops/rules.js';
import { isFloat } from '../ops/site.js';
import { EngineError } from './engine-error.js';
import type { Node, TensorName } from './graph.js';
import { siteOf } from './infer.js';
import type { ShapedBuilder } from './shaped-builder.js';

/**
 * Adds the nodes that compute the gradient of a scalar with respect to some tensors, by reverse accumulation: one rule a node, walked backwards.
 * Nodes that no wanted gradient passes get none. A tensor that the loss doesn't depend on has no entry in the result.
 * @throws EngineError `NO_GRADIENT` naming operator and layer, where a rule is missing on the way; `ENGINE_BUILD` where the loss is no float scalar.
 */
export function differentiate(
  g: ShapedBuilder,
  loss: TensorName,
  wrt: readonly TensorName[],
): ReadonlyMap<TensorName, TensorName> {
  const lossType = g.type(loss);
  if (sizeOf(lossType.shape) !== 1 || !isFloat(lossType.dtype)) {
    throw new EngineError(
      'ENGINE_BUILD',
      `A loss must be one float number, but this one is ${lossType.dtype} [${lossType.shape.join(', ')}]: reduce it to its mean over the batch.`,
    );
  }
  const { nodes } = g.build([loss]);
  const active = activeTensors(g, nodes, wrt);
  const parts = new Map<TensorName, TensorName[]>();
  if (active.has(loss))
    parts.set(loss, [
      g.constant({
        ...one,
        dtype: lossType.dtype,
        shape: lossType.shape,
        data: lossType.dtype === 'float64' ? Float64Array.of(1) : one.data,
      }),
    ]);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => parts.has(name))) continue;
    for (const [index, gradient] of gradientsOf(g, node, parts, active).entries()) {
      const name = node.inputs[index];
      if (!name || gradient === undefined || !active.has(name)) continue;
      const list = parts.get(name);
      if (list) list.push(gradient);
      else parts.set(name, [gradient]);
    }
  }
  const found = wrt.filter((name) => parts.has(name));
  return new Map(found.map((name) => [name, g.expand(total(g, parts.get(name) as TensorName[]), g.shape(name))]));
}

const one = { dtype: 'float32', shape: [], data: Float32Array.of(1) } as const;

/** The tensors that depend on a wanted one in a way that a gradient can follow. */
function activeTensors(g: ShapedBuilder, nodes: readonly Node[], wrt: readonly TensorName[]): ReadonlySet<TensorName> {
  const active = new Set(wrt);
  for (const node of nodes) {
    if (rules[node.op]?.gradient === 'stops' || !node.inputs.some((name) => active.has(name))) continue;
    for (const name of node.outputs) if (name && isFloat(g.type(name).dtype)) active.add(name);
  }
  return active;
}

function gradientsOf(
  g: ShapedBuilder,
  node: Node,
  parts: ReadonlyMap<TensorName, readonly TensorName[]>,
  active: ReadonlySet<TensorName>,
): readonly (TensorName | undefined)[] {
  const rule = rules[node.op];
  if (typeof rule?.gradient !== 'function') {
    throw new EngineError(
      'NO_GRADIENT',
      `No gradient is known for ${node.op}${node.layer && ` in layer '${node.layer}'`}, and the loss depends on parameters before it. ` +
        'Write it with other operators, or freeze everything before it.',
      { layer: node.layer, op: node.op },
    );
  }
  const gradient = rule.gradient;
  return g.within(node.layer, () => {
    const dy = node.outputs.map((name) => {
      const list = parts.get(name);
      if (!list) return undefined;
      const sum = total(g, list);
      return rule.broadcasts ? sum : g.expand(sum, g.shape(name));
    });
    return gradient({
      site: siteOf(
        node,
        (name) => g.type(name),
        (name) => g.constantOf(name),
      ),
      g,
      x: (index) => node.inputs[index] as TensorName,
      y: (index) => node.outputs[index] as TensorName,
      dy,
      wanted: (index) => active.has(node.inputs[index] ?? ''),
    });
  });
}

/** The sum of gradients that arrived on several ways; one node for all of them where their shapes are equal. */
function total(g: ShapedBuilder, parts: readonly TensorName[]): TensorName {
  const [first, ...rest] = parts as [TensorName, ...TensorName[]];
  if (rest.length > 1 && rest.every((name) => sameShape(g.shape(name), g.shape(first)))) return g.op('Sum', parts);
  return rest.reduce((sum, name) => g.add(sum, name), first);
}
