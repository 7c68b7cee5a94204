import {
  type Batch,
  type Engine,
  type EngineState,
  type LoadedNet,
  type NetDescription,
  type Recipe,
  sampleCount,
  type PassInput,
  type StepOutput,
  type StepSpec,
  stream,
  type Tensor,
} from '@reprise/core';
import { gradientsOf, inputs, outputOf, lossOf } from './net.js';

/** What the engine did, and what it calls before each step. */
export interface Meter {
  loads: number;
  steps: number;
  evaluations: number;
  beforeStep: () => void;
}

export const newMeter = (): Meter => ({ loads: 0, steps: 0, evaluations: 0, beforeStep: () => undefined });

export interface Hparams {
  readonly width: number;
  readonly note: string;
}

export const parameterNames = ['hidden.w', 'head.w', 'head.b'] as const;

/**
 * A small net with all that a state can hold: two layers to freeze one of, a buffer that moves with each step, dropout that depends
 * on the number of the step, optimizers with and without tensors of their own.
 */
export function oracleEngine(meter: Meter): Engine<Hparams> {
  return {
    name: 'oracle',
    describe: ({ width }) => ({
      engine: 'oracle',
      recipe: { width },
      parameters: [
        { name: 'hidden.w', dtype: 'float32', shape: [width, inputs], kind: 'parameter' },
        { name: 'head.w', dtype: 'float32', shape: [width], kind: 'parameter' },
        { name: 'head.b', dtype: 'float32', shape: [1], kind: 'parameter' },
        { name: 'norm.mean', dtype: 'float32', shape: [inputs], kind: 'buffer' },
      ],
      inputs: ['input'],
      outputs: ['output'],
      outline: { net: `width ${width}` },
    }),
    load: async (description, { threads }) => {
      meter.loads++;
      return new OracleNet(description, threads, meter);
    },
  };
}

class OracleNet implements LoadedNet {
  readonly description: NetDescription;
  readonly threads: number;
  readonly provenance = { engine: 'oracle' };
  readonly exports = {};
  readonly #meter: Meter;
  #live: EngineState = { net: new Map(), optimizer: null };

  constructor(description: NetDescription, threads: number, meter: Meter) {
    this.description = description;
    this.threads = threads;
    this.#meter = meter;
  }

  initialize(seed: number): ReadonlyMap<string, Tensor> {
    return new Map(
      this.description.parameters.map(({ name, shape, kind }) => {
        const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
        if (kind === 'parameter') stream(seed, `init/${name}`).fillUniform(data, -0.7, 0.7);
        return [name, { dtype: 'float32', shape, data }];
      }),
    );
  }

  freshOptimizer({ kind }: Recipe): NonNullable<EngineState['optimizer']> {
    const kept = kind === 'adam' ? ['m', 'v'] : ['m'];
    const tensors = this.description.parameters
      .filter((spec) => spec.kind === 'parameter')
      .flatMap(({ name, shape }) =>
        kept.map((of): readonly [string, Tensor] => {
          const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
          return [`${name}/${of}`, { dtype: 'float32', shape, data }];
        }),
      );
    return { tensors: new Map(tensors), scalars: { step: 0 } };
  }

  capture(): EngineState {
    return this.#live;
  }

  restore(state: EngineState): void {
    this.#live = state;
  }

  async trainer(spec: StepSpec): ReturnType<LoadedNet['trainer']> {
    let gathered: Gathered[] = [];
    const pass = (batch: Batch, input: PassInput): StepOutput => {
      const { output, gradients } = this.#pass(spec, batch, input);
      gathered.push({ gradients, samples: sampleCount(batch) });
      return { loss: lossOf(spec.loss, output, batch), outputs: asOutputs(output) };
    };
    const end = (lr: number): void => {
      this.#meter.steps++;
      this.#update(spec, meanOf(gathered), lr);
      gathered = [];
    };
    return {
      step: async (batch, input) => {
        this.#meter.beforeStep();
        const output = pass(batch, input);
        end(input.lr);
        return output;
      },
      accumulate: async (batch, input) => {
        this.#meter.beforeStep();
        return pass(batch, input);
      },
      update: async ({ lr }) => end(lr),
    };
  }

  async evaluate(batch: Batch, loss: Recipe | null): ReturnType<LoadedNet['evaluate']> {
    this.#meter.evaluations++;
    const { output } = outputOf(this.#live.net, batch, null);
    return { loss: loss === null ? null : lossOf(loss, output, batch), outputs: asOutputs(output) };
  }

  async dispose(): Promise<void> {
    this.#live = { net: new Map(), optimizer: null };
  }

  /** One batch forwards and backwards; the buffer moves. */
  #pass(
    { loss }: StepSpec,
    batch: Batch,
    { seed, step, part = 0 }: PassInput,
  ): { readonly output: Float32Array; readonly gradients: Gradients } {
    const { net, optimizer } = this.#live;
    const width = this.description.parameters[1]?.shape[0] ?? 0;
    const kept = new Float32Array(width);
    stream(seed, 'dropout', ...(part === 0 ? [step] : [step, part])).fillUniform(kept, 0, 1);
    const mask = kept.map((value) => (value < 0.1 ? 0 : 1));
    const { output, gradients, mean } = gradientsOf(net, batch, loss, mask);
    const moved = new Map(net).set('norm.mean', { dtype: 'float32', shape: [inputs], data: mean });
    this.#live = { net: moved, optimizer };
    return { output, gradients };
  }

  #update({ optimizer, frozen }: StepSpec, gradients: Gradients, lr: number): void {
    const { net, optimizer: state } = this.#live;
    if (state === null) throw new Error('A training step without the state of an optimizer.');
    const count = (state.scalars['step'] ?? 0) + 1;
    const moved = new Map(net);
    const tensors = new Map(state.tensors);
    for (const [name, gradient] of gradients) {
      if (!frozen.includes(name)) update(optimizer, { name, gradient, lr, count }, moved, tensors);
    }
    this.#live = { net: moved, optimizer: { tensors, scalars: { step: count } } };
  }
}

type Gradients = ReadonlyMap<string, Float64Array>;

interface Gathered {
  readonly gradients: Gradients;
  readonly samples: number;
}

/** The gradient of the mean over all samples; that of the only batch as it is. */
function meanOf(gathered: readonly Gathered[]): Gradients {
  const [first, ...rest] = gathered as [Gathered, ...Gathered[]];
  if (rest.length === 0) return first.gradients;
  const all = gathered.reduce((sum, { samples }) => sum + samples, 0);
  return new Map(
    [...first.gradients].map(([name, { length }]) => [
      name,
      Float64Array.from({ length }, (_, i) =>
        gathered.reduce((sum, { gradients, samples }) => sum + (gradients.get(name)![i]! * samples) / all, 0),
      ),
    ]),
  );
}

/** One parameter's update, into new arrays. */
function update(
  { kind, args }: Recipe,
  {
    name,
    gradient,
    lr,
    count,
  }: { readonly name: string; readonly gradient: Float64Array; readonly lr: number; readonly count: number },
  net: Map<string, Tensor>,
  tensors: Map<string, Tensor>,
): void {
  const parameter = net.get(name) as Tensor;
  const at = (tensor: Tensor): Float32Array => (tensor.data as Float32Array).slice();
  const w = at(parameter);
  const m = at(tensors.get(`${name}/m`) as Tensor);
  const set = (of: string, data: Float32Array): void => {
    tensors.set(`${name}/${of}`, { dtype: 'float32', shape: parameter.shape, data });
  };
  const g = gradient.map((value, i) => value + Number(args['weightDecay'] ?? 0) * (w[i] as number));
  if (kind === 'adam') {
    const v = at(tensors.get(`${name}/v`) as Tensor);
    for (let i = 0; i < w.length; i++) {
      m[i] = 0.9 * (m[i] as number) + 0.1 * (g[i] as number);
      v[i] = 0.999 * (v[i] as number) + 0.001 * (g[i] as number) ** 2;
      const direction =
        (m[i] as number) / (1 - 0.9 ** count) / (Math.sqrt((v[i] as number) / (1 - 0.999 ** count)) + 1e-8);
      w[i] = (w[i] as number) - lr * direction;
    }
    set('v', v);
  } else {
    for (let i = 0; i < w.length; i++) {
      m[i] = Number(args['momentum'] ?? 0) * (m[i] as number) + (g[i] as number);
      w[i] = (w[i] as number) - lr * (m[i] as number);
    }
  }
  set('m', m);
  net.set(name, { dtype: 'float32', shape: parameter.shape, data: w });
}

function asOutputs(output: Float32Array): ReadonlyMap<string, Tensor> {
  return new Map([['output', { dtype: 'float32', shape: [output.length, 1], data: output }]]);
}
