import { RepriseError, trainableNames } from '@reprise/core';
import type {
  Batch,
  EngineState,
  Evaluation,
  LoadedNet,
  NetDescription,
  Recipe,
  PassInput,
  StepSpec,
  Tensor,
  Tensors,
  Trainer,
} from '@reprise/core';
import { initialize } from '../init/initialize.js';
import { exportModel } from '../net/export.js';
import type { NetGraph } from '../net/graph-of-net.js';
import { type ParameterRule, rulesOf } from '../optimizers/rules-by-parameter.js';
import { freshOptimizer } from '../optimizers/state.js';
import { lookupCheck } from './check-indices.js';
import { targetCheck } from './check-targets.js';
import type { TargetCheck } from './check-targets.js';
import { compileEvaluation, compileTraining } from './compile.js';
import { formOf, RecipeKeys } from './keys.js';
import { LiveState } from './live-state.js';
import { Programs } from './programs.js';
import type { Loaded } from './programs.js';
import type { Runtime, Value } from './runtime.js';
import { type Pass, trainerOf } from './trainer.js';

type Results = { readonly [name: string]: Value };

/** A net in onnxruntime: runs its programs, and updates the live state. */
export class OnnxNet implements LoadedNet {
  readonly description: NetDescription;
  readonly threads: number;
  readonly provenance: { readonly [name: string]: string | number };
  readonly exports: LoadedNet['exports'];
  readonly #net: NetGraph;
  readonly #runtime: Runtime;
  readonly #programs: Programs;
  readonly #keys = new RecipeKeys();
  readonly #checkLookups: (batch: Batch) => void;
  #state: LiveState | undefined;
  #rules: { readonly key: string; readonly rules: ReadonlyMap<string, ParameterRule> } | undefined;

  constructor(runtime: Runtime, description: NetDescription, net: NetGraph, threads: number) {
    this.description = description;
    this.threads = threads;
    this.provenance = { engine: 'onnx', onnxruntime: runtime.version, device: 'cpu', threads };
    this.exports = { onnx: (options) => this.#export(options) };
    this.#net = net;
    this.#runtime = runtime;
    this.#programs = new Programs(runtime, threads);
    this.#checkLookups = lookupCheck(net.graph);
  }

  initialize(seed: number): ReadonlyMap<string, Tensor> {
    const { graph, weights } = this.#net;
    return new Map(
      graph.parameters.map((parameter) => [
        parameter.name,
        weights?.get(parameter.name) ?? initialize(parameter, seed),
      ]),
    );
  }

  freshOptimizer(recipe: Recipe): NonNullable<EngineState['optimizer']> {
    const parameters = this.description.parameters.filter(({ kind }) => kind === 'parameter');
    return freshOptimizer(this.#rulesOf(recipe), parameters);
  }

  capture(): EngineState {
    return this.#live().capture();
  }

  peek(): Tensors {
    return this.#live().tensors();
  }

  restore(state: EngineState): void {
    this.#state ??= new LiveState(this.#runtime, this.description.parameters, state.net);
    this.#state.restore(state);
  }

  inUse(): ReadonlySet<ArrayBufferLike> {
    return this.#live().memory();
  }

  recycle(memory: readonly ArrayBuffer[]): void {
    this.#state?.recycle(memory);
  }

  async trainer(spec: StepSpec): Promise<Trainer> {
    const frozen = this.#frozen(spec.frozen);
    const key = `train ${this.#keys.of(spec.loss)} ${[...frozen].sort().join()}`;
    let check: TargetCheck | undefined;
    let checked: Loaded | undefined;
    const pass = async (batch: Batch, { seed, step, part = 0 }: PassInput): Promise<Pass> => {
      const state = this.#live();
      const loaded = await this.#programs.get(`${key} ${formOf(batch)}`, () =>
        compileTraining(this.#net, spec.loss, frozen, batch),
      );
      const { program, masks } = loaded;
      if (loaded !== checked) check = targetCheck(spec.loss, program);
      checked = loaded;
      const weight = check?.(batch);
      const results = await this.#run(loaded, state, batch, masks.draw(seed, step, part));
      for (const [name, tensor] of program.buffers) state.replace(name, results[tensor]!);
      return {
        output: {
          loss: Number(results[program.loss!]!.data[0]),
          ...(weight === undefined ? {} : { weight }),
          outputs: outputsOf(loaded, results),
        },
        gradients: {
          names: program.gradients.map(([name]) => name),
          arrays: program.gradients.map(([, tensor]) => results[tensor]!.data as Float32Array),
        },
      };
    };
    return trainerOf(this.#rulesOf(spec.optimizer), spec.clip, pass, () => this.#live());
  }

  async evaluate(batch: Batch, loss: Recipe | null): Promise<Evaluation> {
    const key = `evaluate ${this.#keys.of(loss)} ${formOf(batch)}`;
    const loaded = await this.#programs.get(key, () => compileEvaluation(this.#net, loss, batch));
    const weight = targetCheck(loss, loaded.program)?.(batch);
    const results = await this.#run(loaded, this.#live(), batch, []);
    const { loss: scalar } = loaded.program;
    return {
      loss: scalar === null ? null : Number(results[scalar]!.data[0]),
      ...(weight === undefined ? {} : { weight }),
      outputs: outputsOf(loaded, results),
    };
  }

  async dispose(): Promise<void> {
    await this.#programs.dispose();
    this.#state = undefined;
  }

  async #run(
    { program, session }: Loaded,
    state: LiveState,
    batch: Batch,
    masks: readonly (readonly [string, Tensor])[],
  ): Promise<Results> {
    this.#checkLookups(batch);
    const feeds: Record<string, Value> = {};
    for (const name of program.state) feeds[name] = state.value(name);
    for (const [name, input] of program.batch) feeds[input] = this.#runtime.value(batch.get(name)!);
    for (const [name, mask] of masks) feeds[name] = this.#runtime.value(mask);
    try {
      return await session.run(feeds);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new RepriseError('ENGINE_RUN', `onnxruntime could not run the net on the batch ${formOf(batch)} ${why}`, {
        cause,
      });
    }
  }

  async #export(options: unknown): Promise<Uint8Array> {
    return exportModel(this.#net, this.#live().tensors(), options);
  }

  /** Those of the last optimizer are kept: several trainers with the same one share them. */
  #rulesOf(optimizer: Recipe): ReadonlyMap<string, ParameterRule> {
    const key = this.#keys.of(optimizer);
    if (this.#rules?.key !== key) this.#rules = { key, rules: rulesOf(optimizer, trainableNames(this.description)) };
    return this.#rules.rules;
  }

  #live(): LiveState {
    if (this.#state) return this.#state;
    throw new RepriseError(
      'ENGINE_RUN',
      'The net has no state yet: restore one first, such as { net: net.initialize(seed), optimizer: null }.',
    );
  }

  #frozen(frozen: readonly string[]): ReadonlySet<string> {
    const unknown = frozen.find((name) => !this.description.parameters.some((each) => each.name === name));
    if (unknown === undefined) return new Set(frozen);
    throw new RepriseError('INVALID_OPTION', `freeze: the net has no parameter '${unknown}'.`);
  }
}

function outputsOf({ program }: Loaded, results: Results): Tensors {
  return new Map(
    program.outputs.map(([name, tensor]) => {
      const { type, dims, data } = results[tensor]!;
      return [name, { dtype: type, shape: dims, data } as Tensor];
    }),
  );
}
