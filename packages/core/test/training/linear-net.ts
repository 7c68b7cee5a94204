import type {
  Batch,
  EngineState,
  Host,
  LoadedNet,
  OpContext,
  StepInput,
  StepOutput,
  StepSpec,
  Tensor,
  Tensors,
} from '../../src/index.js';

/** What was asked of a net: one entry a batch. */
export interface Step extends StepInput {
  /** NaN where the update came later. */
  readonly lr: number;
  readonly samples: number;
  /** The first element of the batch's input, to tell batches apart. */
  readonly first: number;
}

export interface LinearNet extends LoadedNet {
  readonly steps: readonly Step[];
  readonly evaluated: number;
  readonly specs: readonly StepSpec[];
}

/**
 * A net with exact arithmetic, y = w · x + b, on scalars in float64: mean squared error, and gradient descent with a counter and a
 * momentum buffer as the optimizer's state. Every update makes new tensors.
 */
export function linearNet(start: { readonly w: number; readonly b: number } = { w: 0, b: 0 }): LinearNet {
  let state: EngineState = {
    net: tensors(start),
    optimizer: { tensors: tensors({ 'w/m': 0, 'b/m': 0 }), scalars: { t: 0 } },
  };
  const steps: Step[] = [];
  const specs: StepSpec[] = [];
  let evaluated = 0;

  const run = (batch: Batch): { y: Float64Array; error: (target: Tensor, i: number) => number; output: Tensors } => {
    const x = batch.get('input') as Tensor;
    const [w, b] = [value(state.net, 'w'), value(state.net, 'b')];
    const y = Float64Array.from(x.data as Float64Array, (each) => w * each + b);
    return {
      y,
      error: (target, i) => y[i]! - Number(target.data[i]),
      output: new Map([['output', { dtype: 'float64', shape: [y.length, 1], data: y }]]),
    };
  };
  const loss = (batch: Batch): { loss: number; gw: number; gb: number; output: Tensors } => {
    const { y, error, output } = run(batch);
    const target = batch.get('target') as Tensor;
    let [sum, gw, gb] = [0, 0, 0];
    for (let i = 0; i < y.length; i++) {
      const e = error(target, i);
      sum += e * e;
      gw += (2 * e * Number((batch.get('input') as Tensor).data[i])) / y.length;
      gb += (2 * e) / y.length;
    }
    return { loss: sum / y.length, gw, gb, output };
  };

  return {
    steps,
    specs,
    get evaluated() {
      return evaluated;
    },
    description: {
      engine: 'linear',
      recipe: 'linear',
      parameters: ['w', 'b'].map((name) => ({ name, dtype: 'float64', shape: [], kind: 'parameter' }) as const),
      inputs: ['input'],
      outputs: ['output'],
      outline: { line: 'w · x + b' },
    },
    threads: 1,
    provenance: {},
    initialize: () => tensors(start),
    freshOptimizer: () => ({ tensors: tensors({ 'w/m': 0, 'b/m': 0 }), scalars: { t: 0 } }),
    capture: () => state,
    restore: (given) => {
      state = given;
    },
    trainer: async (spec) => {
      specs.push(spec);
      const momentum = (spec.optimizer.args['momentum'] as number | undefined) ?? 0;
      let sums = { w: 0, b: 0, samples: 0 };
      const pass = (batch: Batch, input: StepInput): StepOutput => {
        const { loss: mean, gw, gb, output } = loss(batch);
        const x = batch.get('input') as Tensor;
        const samples = x.data.length;
        steps.push({ ...input, samples, first: Number(x.data[0]) });
        sums = { w: sums.w + gw * samples, b: sums.b + gb * samples, samples: sums.samples + samples };
        return { loss: mean, outputs: output };
      };
      const update = (lr: number): void => {
        const optimizer = state.optimizer!;
        const next = { ...numbers(state.net) };
        const moments = { ...numbers(optimizer.tensors) };
        for (const name of ['w', 'b'] as const) {
          if (spec.frozen.includes(name)) continue;
          moments[`${name}/m`] = momentum * moments[`${name}/m`]! + sums[name] / sums.samples;
          next[name] = next[name]! - lr * moments[`${name}/m`]!;
        }
        sums = { w: 0, b: 0, samples: 0 };
        state = {
          net: tensors(next),
          optimizer: { tensors: tensors(moments), scalars: { t: optimizer.scalars['t']! + 1 } },
        };
      };
      return {
        step: async (batch, input) => {
          const output = pass(batch, input);
          update(input.lr);
          return output;
        },
        accumulate: async (batch, { seed, step, part }) => pass(batch, { lr: Number.NaN, seed, step, part: part ?? 0 }),
        update: async ({ lr }) => update(lr),
      };
    },
    evaluate: async (batch, recipe) => {
      evaluated++;
      return recipe === null
        ? { loss: null, outputs: run(batch).output }
        : { loss: loss(batch).loss, outputs: run(batch).output };
    },
    exports: {},
    dispose: async () => undefined,
  };
}

/** A net's state as plain numbers, to compare. */
export function snapshot({ net, optimizer }: EngineState): unknown {
  return { net: numbers(net), optimizer: optimizer && { ...numbers(optimizer.tensors), ...optimizer.scalars } };
}

export function numbers(of: Tensors): { [name: string]: number } {
  return Object.fromEntries([...of].map(([name, { data }]) => [name, Number(data[0])]));
}

function tensors(of: { readonly [name: string]: number }): Tensors {
  return new Map(
    Object.entries(of).map(([name, each]) => [name, { dtype: 'float64', shape: [], data: Float64Array.of(each) }]),
  );
}

function value(of: Tensors, name: string): number {
  return Number(of.get(name)!.data[0]);
}

export interface TestContext extends OpContext {
  readonly lines: readonly string[];
  /** All that was written to the output. */
  readonly written: readonly string[];
  /** How often the clock was read. */
  readonly clocked: () => number;
}

/** A context whose clock moves by `tick` milliseconds each time it is read. */
export function context(
  net: LoadedNet,
  options: { readonly isTerminal?: boolean; readonly tick?: number; readonly signal?: AbortSignal } = {},
): TestContext {
  const lines: string[] = [];
  const written: string[] = [];
  let time = 0;
  let clocked = 0;
  const host: Host = {
    output: { write: (text) => void written.push(text), isTerminal: options.isTerminal ?? false, columns: 80 },
    now: () => 0,
    elapsed: () => {
      clocked++;
      return (time += options.tick ?? 1);
    },
    provenance: {},
    availableThreads: 1,
    sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    writeFile: async () => undefined,
  };
  return {
    net,
    host,
    signal: options.signal ?? new AbortController().signal,
    line: (text) => {
      lines.push(text);
      written.push(`${text}\n`);
    },
    lines,
    written,
    clocked: () => clocked,
  };
}
