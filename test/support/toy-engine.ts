import type { Batch, Engine, EngineState, LoadedNet, NetDescription, Recipe, StepOutput, Tensor } from '@reprise/core';
import { stream } from '@reprise/core';

/** What the tests count: how often the engine was loaded, and how many steps it took. */
export interface Counts {
  loads: number;
  steps: number;
  evaluations: number;
}

/** output = w · input, trained by gradient descent on the squared error: small enough to check by hand. */
export function toyEngine(counts: Counts): Engine<{ width: number }> {
  return {
    name: 'toy',
    describe: ({ width }) => describe(width),
    load: async (net, { threads }) => {
      counts.loads++;
      return loaded(net, threads, counts);
    },
  };
}

function describe(width: number): NetDescription {
  return {
    engine: 'toy',
    recipe: { width },
    parameters: [{ name: 'w', dtype: 'float32', shape: [width], kind: 'parameter' }],
    inputs: ['input'],
    outputs: ['output'],
    outline: { product: `${width} inputs` },
  };
}

function loaded(description: NetDescription, threads: number, counts: Counts): LoadedNet {
  const width = description.parameters[0]?.shape[0] ?? 0;
  let live: EngineState = { net: new Map(), optimizer: null };
  const weights = (): Float32Array => (live.net.get('w') as Tensor).data as Float32Array;
  const outputOf = (batch: Batch): Float32Array => {
    const input = batch.get('input') as Tensor;
    const samples = input.data.length / width;
    return Float32Array.from({ length: samples }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (weights()[k] as number) * Number(input.data[i * width + k]);
      return sum;
    });
  };
  const lossOf = (output: Float32Array, batch: Batch): number => {
    const target = (batch.get('target') as Tensor).data;
    return output.reduce((sum, value, i) => sum + (value - Number(target[i])) ** 2, 0) / output.length;
  };
  const tensor = (data: Float32Array, shape: readonly number[]): Tensor => ({ dtype: 'float32', shape, data });
  const net: LoadedNet = {
    description,
    threads,
    provenance: { engine: 'toy' },
    initialize: (seed) => {
      const data = new Float32Array(width);
      stream(seed, 'init/w').fillUniform(data, -1, 1);
      return new Map([['w', tensor(data, [width])]]);
    },
    freshOptimizer: () => ({
      tensors: new Map([['w/sum', tensor(new Float32Array(width), [width])]]),
      scalars: { step: 0 },
    }),
    capture: () => live,
    restore: (state) => {
      live = state;
    },
    trainer: async () => {
      let gathered: { readonly error: number; readonly input: readonly number[] }[] = [];
      const pass = (batch: Batch): StepOutput => {
        const output = outputOf(batch);
        const input = (batch.get('input') as Tensor).data;
        const target = (batch.get('target') as Tensor).data;
        output.forEach((value, i) => {
          const x = Array.from({ length: width }, (_, k) => Number(input[i * width + k]));
          gathered.push({ error: value - Number(target[i]), input: x });
        });
        return { loss: lossOf(output, batch), outputs: new Map([['output', tensor(output, [output.length, 1])]]) };
      };
      const update = (lr: number): void => {
        counts.steps++;
        const w = weights().slice();
        const { tensors, scalars } = live.optimizer as NonNullable<EngineState['optimizer']>;
        const sum = ((tensors.get('w/sum') as Tensor).data as Float32Array).slice();
        for (const { error, input } of gathered) {
          const d = (2 * error) / gathered.length;
          for (let k = 0; k < width; k++) {
            const g = d * (input[k] as number);
            w[k] = (w[k] as number) - lr * g;
            sum[k] = (sum[k] as number) + g * g;
          }
        }
        gathered = [];
        const step = (scalars['step'] ?? 0) + 1;
        live = {
          net: new Map([['w', tensor(w, [width])]]),
          optimizer: { tensors: new Map([['w/sum', tensor(sum, [width])]]), scalars: { step } },
        };
      };
      return {
        step: async (batch, { lr }) => {
          const output = pass(batch);
          update(lr);
          return output;
        },
        accumulate: async (batch) => pass(batch),
        update: async ({ lr }) => update(lr),
      };
    },
    evaluate: async (batch: Batch, loss: Recipe | null) => {
      counts.evaluations++;
      const output = outputOf(batch);
      return {
        loss: loss === null ? null : lossOf(output, batch),
        outputs: new Map([['output', tensor(output, [output.length, 1])]]),
      };
    },
    exports: {},
    dispose: async () => undefined,
  };
  return net;
}
