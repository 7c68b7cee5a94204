import { RepriseError } from '@reprise/core';
import type { Recipe } from '@reprise/core';
import { differentiate } from '../graph/differentiate.js';
import { EngineError } from '../graph/engine-error.js';
import type { Graph, TensorName } from '../graph/graph.js';
import { lower } from '../graph/lower.js';
import type { Lowered, Mask } from '../graph/lower.js';
import { prune } from '../graph/prune.js';
import { ShapedBuilder } from '../graph/shaped-builder.js';
import { buildLoss } from '../losses/build.js';
import { expectedInputs } from '../net/expected.js';
import type { NetGraph } from '../net/graph-of-net.js';
import { show } from '../ops/site.js';
import type { TensorType } from '../ops/site.js';
import { writeModel } from '../proto/write-model.js';

export type BatchTypes = ReadonlyMap<string, TensorType>;

/** A graph ready for onnxruntime, and which of its tensors is what. */
export interface Program {
  readonly model: Uint8Array;
  /** Tensors of the batch that it reads: the batch's name, and the graph's. */
  readonly batch: readonly (readonly [string, TensorName])[];
  readonly masks: readonly Mask[];
  /** Parameters and buffers that it reads. */
  readonly state: readonly TensorName[];
  readonly loss: TensorName | null;
  /** The net's outputs: their names, and the graph's. */
  readonly outputs: readonly (readonly [string, TensorName])[];
  /** Shapes of the outputs, by the graph's names. */
  readonly shapes: ReadonlyMap<TensorName, readonly number[]>;
  /** By the name of the parameter. Parameters that the loss doesn't depend on have none. */
  readonly gradients: readonly (readonly [string, TensorName])[];
  /** The next values of buffers, by their names. */
  readonly buffers: readonly (readonly [string, TensorName])[];
}

/**
 * The training step of a net for batches of one form: loss, outputs, gradients of the parameters that aren't frozen, and moved buffers.
 * The update itself isn't in it.
 * @throws RepriseError `DATA_MISMATCH` where batch and net don't fit, `NO_GRADIENT` where a rule is missing.
 */
export function compileTraining(net: NetGraph, loss: Recipe, frozen: ReadonlySet<string>, batch: BatchTypes): Program {
  const lowered = lowerFor(net, batch, 'train');
  const g = new ShapedBuilder(lowered.graph, lowered.types);
  const outputs = namedOutputs(net, lowered);
  const inputs = batchInputs(g, lowered, batch);
  const scalar = buildLoss(g, loss, Object.fromEntries(outputs), Object.fromEntries(inputs));
  const trained = net.graph.parameters.filter(({ name, kind }) => kind === 'parameter' && !frozen.has(name));
  const gradients = differentiate(
    g,
    scalar,
    trained.map(({ name }) => name),
  );
  if (gradients.size === 0 && trained.length > 0) throw noGradient(loss);
  return finish(g, { inputs, masks: lowered.masks, loss: scalar, outputs, gradients, buffers: lowered.buffers });
}

/** Training would change nothing, in silence. */
function noGradient({ kind, args }: Recipe): EngineError {
  const name = kind === 'custom' ? (args['name'] as string) : kind;
  return new EngineError(
    'NO_GRADIENT',
    `No gradient of the loss '${name}' reaches any of the parameters that are to be trained: it doesn't depend on them, or only through ` +
      'operators such as argMax, equal or sign, whose gradient is zero everywhere. Write the loss with operators that have one.',
    { layer: '', op: '' },
  );
}

/** Outputs, and the loss where one is given, in evaluation mode. @throws RepriseError `DATA_MISMATCH` */
export function compileEvaluation(net: NetGraph, loss: Recipe | null, batch: BatchTypes): Program {
  const lowered = lowerFor(net, batch, 'eval');
  const g = new ShapedBuilder(lowered.graph, lowered.types);
  const outputs = namedOutputs(net, lowered);
  const inputs = batchInputs(g, lowered, batch);
  const scalar = loss && buildLoss(g, loss, Object.fromEntries(outputs), Object.fromEntries(inputs));
  return finish(g, { inputs, masks: [], loss: scalar, outputs, gradients: new Map(), buffers: new Map() });
}

/** A net's graph for a batch of these types. @throws RepriseError `DATA_MISMATCH` */
export function lowerFor(net: NetGraph, batch: BatchTypes, mode: 'train' | 'eval'): Lowered {
  const given = [...batch].map(([name, type]) => `${name}: ${show(type)}`).join(', ');
  const expected = expectedInputs(net.graph);
  const missing = net.graph.inputs.find((name) => !batch.has(name));
  if (missing !== undefined) {
    throw new RepriseError(
      'DATA_MISMATCH',
      `The net reads '${missing}', which the batch lacks: it has ${given || 'nothing'}. Expected ${expected}. Name the data's tensors as the net does.`,
    );
  }
  try {
    return lower(net.graph, batch, mode);
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    throw new RepriseError(
      'DATA_MISMATCH',
      `The net can't take the batch ${given}. Expected ${expected}. ${cause.message}`,
      { cause },
    );
  }
}

function namedOutputs(net: NetGraph, lowered: Lowered): readonly (readonly [string, TensorName])[] {
  return net.outputs.map((name, index) => [name, lowered.graph.outputs[index] as TensorName]);
}

/** The graph's name of each tensor of the batch: an input of the net has its own, others (the target) get a free one. */
function batchInputs(
  g: ShapedBuilder,
  { graph }: Lowered,
  batch: BatchTypes,
): readonly (readonly [string, TensorName])[] {
  return [...batch].map(([name, type]) => [name, graph.inputs.includes(name) ? name : g.freshInput('batch', type)]);
}

interface Parts {
  readonly inputs: readonly (readonly [string, TensorName])[];
  readonly masks: readonly Mask[];
  readonly loss: TensorName | null;
  readonly outputs: readonly (readonly [string, TensorName])[];
  readonly gradients: ReadonlyMap<string, TensorName>;
  readonly buffers: ReadonlyMap<string, TensorName>;
}

function finish(g: ShapedBuilder, parts: Parts): Program {
  const given = g.build([]);
  const notComputed = new Set([
    ...given.inputs,
    ...given.parameters.map(({ name }) => name),
    ...given.constants.keys(),
  ]);
  // A model's outputs have to be computed by a node.
  const computed = (name: TensorName): TensorName =>
    notComputed.has(name) || g.constantOf(name) ? g.identity(name) : name;
  const all = (named: Iterable<readonly [string, TensorName]>): (readonly [string, TensorName])[] =>
    [...named].map(([name, tensor]) => [name, computed(tensor)]);
  const loss = parts.loss && computed(parts.loss);
  const outputs = all(parts.outputs);
  const gradients = all(parts.gradients);
  const buffers = all(parts.buffers);
  const wanted = new Set([
    ...(loss === null ? [] : [loss]),
    ...[...outputs, ...gradients, ...buffers].map(([, tensor]) => tensor),
  ]);
  const graph: Graph = prune(g.build([...wanted]));
  return {
    model: writeModel(graph, { types: g.types }),
    batch: parts.inputs.filter(([, input]) => graph.inputs.includes(input)),
    masks: parts.masks.filter(({ name }) => graph.inputs.includes(name)),
    state: graph.parameters.map(({ name }) => name),
    loss,
    outputs,
    shapes: new Map(outputs.map(([, tensor]) => [tensor, g.shape(tensor)])),
    gradients,
    buffers,
  };
}
