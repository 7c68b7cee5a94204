import { func, refuse } from '@reprise/core';
import type { Engine } from '@reprise/core';
import { describeNet, graphOf, netOf } from './net/net-graph.js';
import type { NetGraph } from './net/graph-of-net.js';
import type { Layer, Net } from './nn/layer.js';
import { readModel } from './proto/read-model.js';
import { loadRuntime } from './session/runtime.js';

/**
 * The engine on onnxruntime: `builder` makes the net from the hparams that the model is opened with. It runs on every start, in plain
 * JavaScript; onnxruntime is loaded only when something has to be computed. The net is identified by the graph that comes out, not by
 * the builder's source, so any code may build it, as long as the same hparams give the same net.
 *
 * ```ts
 * onnx((h: { width: number }) => nn.sequential({ hidden: nn.linear(784, h.width), act: nn.relu(), head: nn.linear(h.width, 10) }))
 * ```
 * A layer reads the batch's `input` and its result is `output`; `nn.graph` makes nets with others.
 */
export function onnx<Hparams = unknown>(builder: (hparams: Hparams) => Layer | Net): Engine<Hparams> {
  func('onnx', 'builder', builder);
  return engineOf((hparams) => graphOf(builder(hparams)));
}

/**
 * The engine for a net that is an ONNX file, such as PyTorch exports (operator sets 13 to 20): its weights are where training begins,
 * whatever the seed, and its inputs and outputs have the file's names. The file's content identifies the net.
 *
 * ```ts
 * onnxModel(await readFile('resnet.onnx'))
 * ```
 * @throws EngineError `ENGINE_BUILD` where the file is damaged, or uses what this engine has not.
 */
export function onnxModel(bytes: Uint8Array): Engine<unknown> {
  if (!(bytes instanceof Uint8Array))
    refuse('onnxModel', 'bytes', 'the content of an ONNX file, as a Uint8Array', bytes);
  const { graph, weights } = readModel(bytes);
  return engineOf(() => ({ graph, outputs: graph.outputs, weights }));
}

function engineOf<Hparams>(net: (hparams: Hparams) => NetGraph): Engine<Hparams> {
  return {
    name: 'onnx',
    describe: (hparams) => describeNet(net(hparams)),
    load: async (description, { threads }) => {
      // With all that compiles and runs a net: a replay does without.
      const [runtime, { OnnxNet }] = await Promise.all([loadRuntime(), import('./session/loaded-net.js')]);
      return new OnnxNet(runtime, description, netOf(description), threads);
    },
    layers: async (description, batch) => {
      const { layersOf } = await import('./net/layers.js');
      return layersOf(netOf(description), batch);
    },
  };
}
