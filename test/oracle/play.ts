import { type Answer, type Block, type Dataset, DivergenceError, type Handle, type Model } from '@reprise/core';
import type { Meter } from './engine.js';
import { inputs } from './net.js';
import { dataOf, lossFrom, metricFrom, optimizerFrom, schedulerFrom } from './parts.js';
import type { AskingCall, BlockStatement, Call, Script, SetupCall, Slot, Statement, TrainCall } from './script.js';
import { expand } from './script.js';
import { afterSetup, type At, checkpointsOf, rootOf, type Spelled, spellAsking, spellTrain } from './spell.js';
import { scoreOf } from './score.js';

/** One call of a run, and what it came to. */
export interface PlayedCall {
  /** Where it stands in the script, for people. */
  readonly title: string;
  readonly call: Call;
  readonly recorded: boolean;
  /** Null for a setup. */
  readonly spelled: Spelled | null;
  readonly value: unknown;
  /** The code of what it threw. */
  readonly error: string | null;
  /** The digest of the state after it, where it made one. */
  readonly digest: string | null;
  readonly steps: number;
  readonly evaluations: number;
  /** How the product says that it was answered. */
  readonly how: Answer | null;
}

/** A run of a script. */
export interface Play {
  readonly calls: readonly PlayedCall[];
  /** The code of the error that it ended in. */
  readonly error: string | null;
  /** The number of the recorded op that it diverged from. */
  readonly divergedAt: number | null;
  /**
   * How many calls were made when an error left unclear where the model is: behind a setup or a load that nothing had stood on. From there on only
   * runs of the product are compared with each other.
   */
  readonly clear: number;
  /** The final state of each checkpoint. */
  readonly digests: { readonly [id: string]: string };
}

/** Plays a script on an opened model, call by call, up to its end or to the first error. */
export async function play(model: Model, script: Script, meter: Meter, signal: AbortSignal | null): Promise<Play> {
  const player = new Player(model, script, meter, signal);
  let error: string | null = null;
  let divergedAt: number | null = null;
  for (const statement of script.statements.flatMap(expand)) {
    try {
      if (!player.lacks(statement)) await player.statement(statement);
    } catch (reason) {
      const code = codeOf(reason);
      if (script.catches && code !== 'DIVERGENCE' && code !== 'KILLED') continue;
      error = code;
      if (reason instanceof DivergenceError) divergedAt = reason.details.recorded;
      break;
    }
  }
  const digests: { [id: string]: string } = {};
  for (const id of error === null ? checkpointsOf(script).filter((each) => player.has(each)) : []) {
    digests[id] = await model.checkpoint(id).stateDigest().catch(codeOf);
  }
  return { calls: player.calls, error, divergedAt, clear: Math.min(player.clear, player.calls.length), digests };
}

/** What a script writes for a checkpoint or a tag. */
function named(id: string): string | { readonly tag: string } {
  return id.startsWith('tag:') ? { tag: id.slice('tag:'.length) } : id;
}

function codeOf(reason: unknown): string {
  const { code, name, message } = reason as {
    readonly code?: string;
    readonly name?: string;
    readonly message?: string;
  };
  return code ?? `${name}: ${message}`;
}

const answers: readonly Answer[] = ['hit', 'adopted', 'accepted', 'resumed', 'extended', 'run'];

class Player {
  readonly calls: PlayedCall[] = [];
  readonly #model: Model;
  readonly #script: Script;
  readonly #meter: Meter;
  readonly #signal: AbortSignal | null;
  readonly #data = new Map<Slot, Dataset>();
  readonly #began = new Map<string, { readonly at: At; readonly parent: string | null }>();
  readonly #final = new Map<string, At>();
  /** How many calls were made while it was clear where the model is. */
  clear = Infinity;
  /** Blocks that made no state. */
  readonly #looked = new Set<string>();
  #current: At;

  constructor(model: Model, script: Script, meter: Meter, signal: AbortSignal | null) {
    this.#model = model;
    this.#script = script;
    this.#meter = meter;
    this.#signal = signal;
    this.#current = rootOf(script);
  }

  /** Whether a checkpoint has a state that this run has made. */
  has(id: string): boolean {
    return this.#final.has(id) || this.#looked.has(id);
  }

  /**
   * Whether a statement names what a caught error has left without a state: on a store that has it from an earlier run it works, so
   * there is nothing to compare it with.
   */
  lacks(statement: Statement): boolean {
    switch (statement.kind) {
      case 'block':
        return typeof statement.from === 'string' && !this.has(statement.from);
      case 'handle':
      case 'load':
      case 'tag':
        return !this.has(statement.id);
      case 'unrecorded':
      case 'sweep':
        return false;
    }
  }

  async statement(statement: Statement): Promise<void> {
    switch (statement.kind) {
      case 'block':
        return this.#block(statement);
      case 'load':
        await this.#model.loadCheckpoint(named(statement.id));
        this.#current = this.#finalOf(statement.id);
        return;
      case 'tag':
        await this.#model.tag(statement.name, statement.id);
        this.#final.set(`tag:${statement.name}`, this.#finalOf(statement.id));
        return;
      case 'handle': {
        const at = this.#finalOf(statement.id);
        const where = `checkpoint('${statement.id}').`;
        return void (await this.#ask(where, this.#model.checkpoint(statement.id), statement.call, at, true));
      }
      case 'unrecorded':
        return this.#unrecorded(statement.call);
      case 'sweep':
        throw new Error('A sweep is played as its blocks.');
    }
  }

  async #block({ id, from, description, calls }: BlockStatement): Promise<void> {
    const options = { description, ...(from === undefined ? {} : { from: from === null ? null : named(from) }) };
    await this.#model.checkpoint(id, options, async (cp) => {
      const at = this.#beginning(id, from);
      const isFinal = at.checkpoint !== id && this.#final.get(at.checkpoint)?.state === at.state;
      this.#began.set(id, { at, parent: isFinal ? at.checkpoint : null });
      this.#current = at;
      let standing: At | null = null;
      try {
        for (const call of calls) {
          await this.#inBlock(cp, id, call);
          if (call.kind !== 'setup' && call.kind !== 'weights' && this.#current !== at) standing = this.#current;
        }
      } catch (error) {
        if (standing === null && this.#current !== at) this.clear = Math.min(this.clear, this.calls.length);
        // What had finished counts, and a setup that nothing stands on has not.
        this.#current = standing ?? at;
        if (standing === null) this.#final.delete(id);
        else this.#final.set(id, standing);
        throw error;
      }
      if (this.#current === at) this.#looked.add(id);
    });
  }

  async #inBlock(cp: Block, id: string, call: Call): Promise<void> {
    const where = `[${id}] `;
    if (call.kind === 'setup') {
      await this.#one(`${where}setup`, call, { recorded: false, spelled: null, id }, () =>
        cp.setup(componentsOf(call)),
      );
      this.#moved(id, afterSetup(this.#current, call));
    } else if (call.kind === 'weights') {
      const { into, value } = call;
      const dict = { [into]: new Float32Array(into === 'head.b' ? 1 : inputs).fill(value) };
      await this.#one(`${where}weights`, call, { recorded: false, spelled: null, id }, () =>
        cp.loadStateDict(dict, { only: [into] }),
      );
      this.#moved(id, {});
    } else if (call.kind === 'train') {
      const spelled = spellTrain(this.#script, call, this.#current);
      await this.#one(`${where}train`, call, { recorded: true, spelled, id }, () => this.#train(cp, call));
      this.#moved(id, {});
    } else {
      await this.#ask(where, cp, call, this.#current, true);
    }
  }

  async #unrecorded(call: TrainCall | Extract<AskingCall, { kind: 'evaluate' }>): Promise<void> {
    if (call.kind === 'evaluate') return void (await this.#ask('model.', this.#model, call, this.#current, false));
    const spelled = spellTrain(this.#script, call, this.#current);
    await this.#one('model.train', call, { recorded: false, spelled, id: null }, () => this.#train(this.#model, call));
    this.#current = { ...this.#current, state: `trained(${spelled.key})` };
  }

  #train(on: Block | Model, call: TrainCall): Promise<unknown> {
    const { epochs, batchSize, shuffle, watch, loadBest, patience, warmup, freeze, progress } = call;
    const options = {
      epochs,
      batchSize,
      shuffle,
      loadBest,
      warmup,
      freeze,
      progress,
      metrics: call.metrics.map(metricFrom),
      ...(watch === null ? {} : { watch: watch as never }),
      ...(patience === null ? {} : { patience }),
      ...this.#common(call),
    };
    const validation = call.validation === null ? null : this.#dataset(call.validation);
    if (validation === null) return on.train(this.#dataset(call.data), options);
    return on.train(this.#dataset(call.data), validation, options);
  }

  #ask(where: string, on: Block | Handle | Model, call: AskingCall, at: At, recorded: boolean): Promise<unknown> {
    const spelled = spellAsking(this.#script, call, at);
    const title = `${where}${call.kind}${call.kind === 'cached' ? ` '${call.name}'` : ''}`;
    return this.#one(title, call, { recorded, spelled, id: null }, () => this.#asked(on, call));
  }

  #asked(on: Block | Handle | Model, call: AskingCall): Promise<unknown> {
    const common = this.#common(call);
    switch (call.kind) {
      case 'evaluate': {
        const { batchSize, progress, loss } = call;
        const metrics = call.metrics.map(metricFrom);
        const given = loss === undefined ? {} : { loss: loss === null ? null : lossFrom(loss) };
        return on.evaluate(this.#dataset(call.data), { batchSize, progress, metrics, ...given, ...common });
      }
      case 'predict': {
        const { batchSize, progress, data } = call;
        const input = typeof data === 'string' ? this.#dataset(data) : Float32Array.from(data);
        return on.predict(input, { batchSize, progress, ...common });
      }
      case 'findLr': {
        const { steps, maxLr, batchSize, progress, freeze, optimizer } = call;
        const given = optimizer === undefined ? {} : { optimizer: optimizerFrom(optimizer) };
        return on.findLr(this.#dataset(call.data), { steps, maxLr, batchSize, progress, freeze, ...given, ...common });
      }
      case 'cached':
        // The key of a cached call would stand for its function.
        return scoreOf(on as Block | Handle, call, this.#dataset(call.data), this.#common({ ...call, key: undefined }));
    }
  }

  #common({ key }: { readonly key?: string | undefined }): { readonly signal?: AbortSignal } {
    return { ...(key === undefined ? {} : { key }), ...(this.#signal === null ? {} : { signal: this.#signal }) };
  }

  /** Makes one call and notes what it came to. */
  async #one(
    title: string,
    call: Call,
    {
      recorded,
      spelled,
      id,
    }: { readonly recorded: boolean; readonly spelled: Spelled | null; readonly id: string | null },
    make: () => Promise<unknown>,
  ): Promise<unknown> {
    const { steps, evaluations } = this.#meter;
    const before = this.#model.report;
    let [value, error, digest]: [unknown, string | null, string | null] = [undefined, null, null];
    try {
      value = await make();
      if (id !== null) digest = await this.#model.checkpoint(id).stateDigest();
      return value;
    } catch (reason) {
      error = codeOf(reason);
      throw reason;
    } finally {
      const after = this.#model.report;
      const how = answers.find((each) => after[each] > before[each]) ?? null;
      this.calls.push({
        title,
        call,
        recorded: recorded && this.calls.length < this.clear,
        spelled,
        value,
        error,
        digest,
        how,
        steps: this.#meter.steps - steps,
        evaluations: this.#meter.evaluations - evaluations,
      });
    }
  }

  /** The block's last call made a state. */
  #moved(id: string, monitors: Partial<At>): void {
    const digest = this.calls.at(-1)?.digest ?? '';
    this.#current = { ...this.#current, ...monitors, state: digest, checkpoint: id };
    this.#final.set(id, this.#current);
  }

  #beginning(id: string, from: string | null | undefined): At {
    if (from === null) return rootOf(this.#script);
    if (from !== undefined) return this.#finalOf(from);
    const began = this.#began.get(id);
    if (began === undefined) return this.#current;
    return (began.parent === null ? undefined : this.#final.get(began.parent)) ?? began.at;
  }

  #finalOf(id: string): At {
    return this.#final.get(id) ?? this.#began.get(id)?.at ?? { ...rootOf(this.#script), state: `unknown(${id})` };
  }

  #dataset(slot: Slot): Dataset {
    const made = this.#data.get(slot) ?? dataOf(this.#script.data[slot]);
    this.#data.set(slot, made);
    return made;
  }
}

function componentsOf({ loss, optimizer, epochScheduler, stepScheduler }: SetupCall): Parameters<Block['setup']>[0] {
  return {
    ...(loss && { loss: lossFrom(loss) }),
    ...(optimizer && { optimizer: optimizerFrom(optimizer) }),
    ...(epochScheduler !== undefined && { epochScheduler: epochScheduler && schedulerFrom(epochScheduler) }),
    ...(stepScheduler !== undefined && { stepScheduler: stepScheduler && schedulerFrom(stepScheduler) }),
  };
}
