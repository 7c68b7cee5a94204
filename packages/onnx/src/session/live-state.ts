import { RepriseError } from '@reprise/core';
import type { EngineState, ParameterSpec, Tensor } from '@reprise/core';
import type { Kernel } from '../wasm/kernel.js';
import type { Rule } from '../optimizers/rule.js';
import type { ParameterRule } from '../optimizers/rules-by-parameter.js';
import { freshSlots, slotName, stepsName } from '../optimizers/state.js';
import type { Runtime, Value } from './runtime.js';

/** A parameter or a buffer, with what the optimizer keeps beside it. */
interface Live {
  readonly spec: ParameterSpec;
  data: Tensor['data'];
  /** The same memory, as onnxruntime takes it. */
  value: Value;
  slots: readonly Float32Array[];
  /** The names of those. */
  slotNames: readonly string[];
  /** How often the optimizer has updated it. */
  steps: number;
  /** Whether a step may write into this memory. Not where others hold it too. */
  owned: boolean;
}

/** The tensors that training reads and writes. */
export class LiveState {
  readonly #runtime: Runtime;
  readonly #live = new Map<string, Live>();
  /** Memory that nobody reads any more, by its size in bytes. */
  readonly #spare = new Map<number, ArrayBuffer[]>();
  #hasOptimizer = false;
  /** The rules that the optimizer's state is known to be of. */
  #rules: ReadonlyMap<string, ParameterRule> | null = null;

  constructor(runtime: Runtime, specs: readonly ParameterSpec[], state: ReadonlyMap<string, Tensor>) {
    this.#runtime = runtime;
    for (const spec of specs) {
      const { data } = tensorOf(state, spec.name, spec);
      const value = this.#value(spec, data);
      this.#live.set(spec.name, { spec, data, value, slots: [], slotNames: [], steps: 0, owned: false });
    }
  }

  /** What a run is fed for a parameter or buffer. */
  value(name: string): Value {
    return this.#of(name).value;
  }

  tensors(): ReadonlyMap<string, Tensor> {
    return new Map(
      [...this.#live].map(([name, { spec, data }]) => [name, { dtype: spec.dtype, shape: spec.shape, data }]),
    );
  }

  /** The memory of all of them. */
  memory(): ReadonlySet<ArrayBufferLike> {
    const all = [...this.#live.values()].flatMap(({ data, slots }) => [
      data.buffer,
      ...slots.map(({ buffer }) => buffer),
    ]);
    return new Set(all);
  }

  /** Takes memory that nobody reads any more, for updates that may not write in place. What no parameter can use is left to the collector. */
  recycle(memory: readonly ArrayBuffer[]): void {
    const sizes = new Set([...this.#live.values()].map(({ data }) => data.byteLength));
    for (const buffer of memory) {
      if (!sizes.has(buffer.byteLength)) continue;
      const spare = this.#spare.get(buffer.byteLength) ?? [];
      spare.push(buffer);
      this.#spare.set(buffer.byteLength, spare);
    }
  }

  capture(): EngineState {
    for (const live of this.#live.values()) live.owned = false;
    if (!this.#hasOptimizer) return { net: this.tensors(), optimizer: null };
    const parameters = [...this.#live.values()].filter(({ spec }) => spec.kind === 'parameter');
    const tensors = parameters.flatMap(({ spec, slots, slotNames }) =>
      slotNames.map((slot, index): [string, Tensor] => [
        slotName(spec.name, slot),
        { dtype: 'float32', shape: spec.shape, data: slots[index] as Float32Array },
      ]),
    );
    const scalars = parameters.map(({ spec, steps }): [string, number] => [stepsName(spec.name), steps]);
    return { net: this.tensors(), optimizer: { tensors: new Map(tensors), scalars: Object.fromEntries(scalars) } };
  }

  /** Makes this the live state, without a copy. @throws RepriseError `DATA_MISMATCH` where it is not of this net. */
  restore(state: EngineState): void {
    const slots = slotsOf(state.optimizer?.tensors ?? new Map());
    for (const [name, live] of this.#live) {
      const { data } = tensorOf(state.net, name, live.spec);
      live.value = this.#value(live.spec, data);
      live.data = data;
      live.owned = false;
      live.slots = [];
      live.slotNames = [];
      live.steps = 0;
      if (state.optimizer === null || live.spec.kind === 'buffer') continue;
      const { tensors, scalars } = state.optimizer;
      live.slotNames = slots.get(name) ?? [];
      live.slots = live.slotNames.map(
        (slot) => tensorOf(tensors, slotName(name, slot), live.spec).data as Float32Array,
      );
      live.steps = scalars[stepsName(name)] ?? 0;
    }
    this.#hasOptimizer = state.optimizer !== null;
    this.#rules = null;
  }

  /** Gives each parameter fresh optimizer state where what it has is not of its rule. */
  ensureOptimizer(rules: ReadonlyMap<string, ParameterRule>): void {
    if (this.#rules === rules) return;
    for (const [name, { rule }] of rules) {
      const live = this.#of(name);
      if (this.#hasOptimizer && same(live.slotNames, rule.slots)) continue;
      live.slots = freshSlots(rule, live.spec.shape);
      live.slotNames = rule.slots;
      live.steps = 0;
    }
    this.#hasOptimizer = true;
    this.#rules = rules;
  }

  /** One step of the optimizer on one parameter. Where others hold its memory, the results go to new memory. */
  update(name: string, gradient: Float32Array, rule: Rule, kernel: Kernel, lr: number): void {
    const live = this.#of(name);
    live.steps += 1;
    const data = live.data as Float32Array;
    const old = [data, ...live.slots];
    const next = live.owned ? old : old.map((array) => this.#fresh(array.length));
    kernel.run([gradient, ...old], next, rule.scalars(lr, live.steps));
    if (live.owned) return;
    live.data = next[0] as Float32Array;
    live.value = this.#value(live.spec, live.data);
    live.slots = next.slice(1);
    live.owned = true;
  }

  /** The next value of a buffer, in memory of its own. */
  replace(name: string, value: Value): void {
    const live = this.#of(name);
    live.data = value.data as Float32Array;
    live.value = value;
  }

  #fresh(length: number): Float32Array {
    const spare = this.#spare.get(length * Float32Array.BYTES_PER_ELEMENT)?.pop();
    return spare === undefined ? new Float32Array(length) : new Float32Array(spare);
  }

  #value({ dtype, shape }: ParameterSpec, data: Tensor['data']): Value {
    return this.#runtime.value({ dtype, shape, data });
  }

  #of(name: string): Live {
    const live = this.#live.get(name);
    if (!live) throw new RepriseError('ENGINE_RUN', `The net has no parameter '${name}'.`);
    return live;
  }
}

/** By parameter, the names after the last slash: in alphabetical order, as a rule has them. */
function slotsOf(tensors: ReadonlyMap<string, Tensor>): ReadonlyMap<string, readonly string[]> {
  const slots = new Map<string, string[]>();
  for (const name of [...tensors.keys()].sort()) {
    const end = name.lastIndexOf('/');
    const [parameter, slot] = [name.slice(0, end), name.slice(end + 1)];
    slots.set(parameter, [...(slots.get(parameter) ?? []), slot]);
  }
  return slots;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}

function tensorOf(tensors: ReadonlyMap<string, Tensor>, name: string, { dtype, shape }: ParameterSpec): Tensor {
  const tensor = tensors.get(name);
  const fits =
    tensor?.dtype === dtype &&
    tensor.shape.length === shape.length &&
    shape.every((dim, axis) => tensor.shape[axis] === dim);
  if (tensor && fits) return tensor;
  const given = tensor ? `is ${tensor.dtype} [${tensor.shape.join(', ')}]` : 'is missing';
  throw new RepriseError(
    'DATA_MISMATCH',
    `The state doesn't fit the net: '${name}' ${given}; expected ${dtype} [${shape.join(', ')}].`,
  );
}
