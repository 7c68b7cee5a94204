import { RepriseError } from '../errors/base.js';
import { checkOptions, oneOf } from '../options/index.js';
import { nearest } from '../options/nearest.js';
import type { Head } from '../replay/chain.js';
import { divergencePolicies } from '../replay/policy.js';
import { Block } from './block.js';
import type { Heads } from './heads.js';
import { Lane } from './lane.js';
import type { CheckpointOptions } from './model-options.js';
import { type Beginning, beginningIn } from './beginning.js';
import { namedState, type StoredStateName } from './named-state.js';
import type { Plots } from './plot-metrics.js';
import type { Runtime } from './runtime.js';
import { busyPolicies, SkippedError } from './tenure.js';

/** The blocks of a model: one at a time, each of them recorded under the id of its checkpoint. */
export class Blocks {
  readonly #runtime: Runtime;
  readonly #heads: Heads;
  readonly #plots: Plots;
  #open: string | null = null;
  /** Those that were left out, since another process writes their checkpoints; and the one before this place, until the model is moved. */
  readonly #skipped = new Set<string>();
  #lastSkipped: string | null = null;

  constructor(runtime: Runtime, heads: Heads, plots: Plots) {
    this.#runtime = runtime;
    this.#heads = heads;
    this.#plots = plots;
  }

  /** @throws RepriseError `BLOCK_OPEN` where a block is open */
  refuseInside(what: string, instead: string | null = null): void {
    if (this.#open === null) return;
    const remedy = instead === null ? 'Call it before or after the block.' : `Inside it, call ${instead}.`;
    throw new RepriseError(
      'BLOCK_OPEN',
      `${what} was called inside the block of checkpoint '${this.#open}'. ${remedy}`,
    );
  }

  /** The model was moved by the script: what comes next doesn't stand on what came before. */
  moved(): void {
    this.#lastSkipped = null;
  }

  /** A checkpoint's final state. @throws RepriseError `NO_CHECKPOINT`, `CHECKPOINT_BUSY` */
  async finalOf(id: string): Promise<Head> {
    // Where another process is in the middle of it, no state of it is final.
    if (this.#skipped.has(id)) throw leftOut(null, id);
    const head = await this.#heads.final(id);
    if (head === undefined) throw await this.#noCheckpoint(id);
    return head;
  }

  /** The state that a name stands for. @throws RepriseError `NO_CHECKPOINT`, `CHECKPOINT_BUSY`, `NET_CHANGED` */
  async headOf(name: string | StoredStateName): Promise<Head> {
    if (typeof name === 'string') return this.finalOf(name);
    if (!('checkpoint' in name)) return namedState(this.#runtime, this.#heads, name);
    const id = String(name.checkpoint);
    const { stateOfCheckpoint } = await import('./train-states.js');
    return stateOfCheckpoint(this.#runtime, this.#heads, id, name, () => this.finalOf(id));
  }

  /** Where the model is. What an unrecorded train left is stored. */
  async here(): Promise<Head> {
    const { current, unsaved } = this.#heads;
    if (unsaved === null) return current;
    const row = await this.#runtime.live.save(unsaved, false);
    return { op: current.op, state: row.digest, unlogged: [row] };
  }

  /** Runs a block. Undefined where it was left out, as its options allow. */
  async enter<T>(id: string, options: CheckpointOptions, body: (cp: Block) => T | Promise<T>): Promise<T | undefined> {
    checkOptions('model.checkpoint()', options, ['description', 'from', 'resumeFrom', 'onDivergence', 'onBusy']);
    if (options.onDivergence !== undefined) {
      oneOf('model.checkpoint()', 'onDivergence', options.onDivergence, divergencePolicies);
    }
    if (options.onBusy !== undefined) oneOf('model.checkpoint()', 'onBusy', options.onBusy, busyPolicies);
    const begins = beginningIn(options);
    if (this.#open !== null) {
      throw new RepriseError(
        'BLOCK_OPEN',
        this.#open === id
          ? `The block of checkpoint '${id}' is open already. A checkpoint has one block at a time: await the first, or take another id.`
          : `The block of checkpoint '${id}' was entered inside that of '${this.#open}'. Blocks stand one after another: ` +
              'await the first one, then enter the next.',
      );
    }
    this.#open = id;
    let lane: Lane | null = null;
    const tenure = this.#runtime.tenure(id, 'block', options.onBusy);
    try {
      await tenure.enter();
      const head = await this.#runtime.alone(`checkpoint('${id}')`, () => this.#parentOf(id, begins));
      this.#heads.begin(id, head);
      this.#skipped.delete(id);
      this.#lastSkipped = null;
      lane = new Lane({ model: this.#runtime.model, checkpoint: id, name: 'block' }, head, tenure, (fork) =>
        this.#heads.forked(id, fork),
      );
      if (begins.kind === 'file') await this.#resume(lane, id, begins.path);
      const policy = options.onDivergence ?? this.#runtime.onDivergence;
      const block = new Block(this.#runtime, lane, this.#plots, policy, (moved) => this.#heads.moved(id, moved));
      const value = await this.#inside(block, id, body);
      if (await this.#runtime.endBlock(lane, policy)) this.#heads.moved(id, lane.head);
      await this.#describe(lane.checkpoint, options.description);
      await this.#runtime.reportUncalled(lane);
      await this.#runtime.report.keepSoon();
      return value;
    } catch (error) {
      this.#heads.failed(id, lane?.standing ?? null);
      if (error instanceof SkippedError) {
        this.#runtime.print(error.message);
        this.#skipped.add(id);
        this.#lastSkipped = id;
        return undefined;
      }
      // The script may end here. The failure is the thing to tell.
      await this.#runtime.report.keep().catch(() => undefined);
      throw error;
    } finally {
      this.#open = null;
      // What the block has thrown is the thing to tell; a lease that isn't given back expires.
      await tenure.release().catch(() => undefined);
    }
  }

  async #inside<T>(block: Block, id: string, body: (cp: Block) => T | Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await body(block);
    } catch (error) {
      block.end();
      await this.#runtime.nothingRunning(`the block of checkpoint '${id}'`).catch(() => undefined);
      throw error;
    }
    block.end();
    await this.#runtime.nothingRunning(`the block of checkpoint '${id}'`);
    return value;
  }

  /** The block goes on from a file. */
  async #resume(lane: Lane, id: string, path: string): Promise<void> {
    const { loadStateInBlock } = await import('./load-state.js');
    await this.#runtime.alone(`checkpoint('${id}')`, () => loadStateInBlock(this.#runtime, lane, path));
    this.#heads.moved(id, lane.head);
  }

  /** Where a block begins: from what it names, from where it began before, or from where the model is. */
  async #parentOf(id: string, begins: Beginning): Promise<Head> {
    const { kind } = begins;
    // What is in a file comes as the first op of the block.
    if (kind === 'root' || kind === 'file') return this.#heads.root;
    if (kind === 'named') return this.headOf(begins.name);
    const before = await this.#heads.beginning(id);
    if (before !== undefined) return before;
    // It would stand on what came before that block, without a word.
    if (this.#lastSkipped !== null) throw leftOut(id, this.#lastSkipped);
    if (kind === 'here') return this.here();
    const { stateBehind } = await import('./train-states.js');
    return stateBehind(this.#runtime, this.#heads, begins.at);
  }

  /** A checkpoint is in the log from its first op on; its description is what its block last said. */
  async #describe(id: string, description: string = ''): Promise<void> {
    const { model, store } = this.#runtime;
    const known = await store.log.checkpoint(model, id);
    if (known !== undefined && known.description !== description) {
      await store.log.putCheckpoint({ ...known, description });
    }
  }

  async #noCheckpoint(id: string): Promise<RepriseError> {
    const { model, store } = this.#runtime;
    const known = (await store.log.checkpoints(model)).map((checkpoint) => checkpoint.id);
    const close = nearest(id, known);
    const has =
      close !== undefined
        ? `Did you mean '${close}'?`
        : known.length === 0
          ? 'It has none yet.'
          : `It has ${known.map((each) => `'${each}'`).join(', ')}.`;
    return new RepriseError(
      'NO_CHECKPOINT',
      `Model '${model}' has no checkpoint '${id}' with a state. ${has} Run its block first: model.checkpoint('${id}', async (cp) => { … }).`,
    );
  }
}

/** @param id the block that would stand on one that was left out; null where that one's state is asked for */
function leftOut(id: string | null, skipped: string): RepriseError {
  const what = id === null ? `Its state was asked for` : `The block of checkpoint '${id}' would have stood on it`;
  return new RepriseError(
    'CHECKPOINT_BUSY',
    `The block of checkpoint '${skipped}' was left out, since another process is writing that checkpoint. ${what}. ` +
      "Run it again without onBusy: 'skip' first, which waits for the other process, or say with `from` what to stand on instead.",
  );
}
