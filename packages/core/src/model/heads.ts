import { RepriseError } from '../errors/base.js';
import type { OpEntry, OpRecord, StateRow } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import { type ChainOp, type Head, headAt, logChain } from '../replay/chain.js';
import { finalOp } from '../replay/final-op.js';
import { changes, describeChange } from '../replay/fields.js';
import { componentsOf } from '../replay/replay.js';
import { type CapturedState, putManifest, rowOf } from '../state/capture.js';

/** Where a block began: on a checkpoint's final state, whatever that is by then, or on a state of no checkpoint. */
interface Beginning {
  readonly head: Head;
  readonly parent: string | null;
}

/** Where the model is and where its checkpoints are, in this process. */
export class Heads {
  readonly #model: string;
  readonly #store: Store;
  readonly #root: ChainOp;
  readonly #began = new Map<string, Beginning>();
  readonly #final = new Map<string, Head>();
  /** The checkpoints that blocks went on as when they forked, and the blocks' own. */
  readonly #forks = new Map<string, string>();
  readonly #under = new Map<string, string>();
  current: Head;
  /** What an unrecorded train left on the current head, until something stores it. */
  unsaved: CapturedState | null = null;

  constructor(model: string, store: Store, root: ChainOp) {
    this.#model = model;
    this.#store = store;
    this.#root = root;
    this.current = headAt(root);
  }

  /** The untrained net. */
  get root(): Head {
    return headAt(this.#root);
  }

  /** A block is entered: the model is where it begins. */
  begin(id: string, head: Head): void {
    const checkpoint = this.#blockOf(head);
    const isFinal = checkpoint !== id && this.#final.get(checkpoint)?.state === head.state;
    this.#began.set(id, { head, parent: isFinal ? checkpoint : null });
    this.#under.delete(id);
    this.current = head;
    this.unsaved = null;
  }

  /** An op of a block has moved the model. */
  moved(id: string, head: Head): void {
    this.current = head;
    this.#final.set(id, head);
  }

  /** A block goes on beside what is recorded, as another checkpoint. */
  forked(id: string, checkpoint: string): void {
    this.#forks.set(checkpoint, id);
    this.#under.set(id, checkpoint);
  }

  /** The checkpoint that a block's calls are recorded under in this process: a fork, where it left what is recorded. */
  recordedUnder(id: string): string {
    return this.#under.get(id) ?? id;
  }

  #blockOf({ op }: Head): string {
    return this.#forks.get(op.place.checkpoint) ?? op.place.checkpoint;
  }

  /**
   * A block has thrown: what had finished counts, and a setup or a load that nothing stands on has not.
   * @param standing where its last call that counts has left it; null where it had not begun
   */
  failed(id: string, standing: Head | null): void {
    const began = this.#began.get(id)?.head;
    let head = standing ?? this.current;
    while (head.op.entry === null && head.op.parent !== null) {
      head = head.op.parent === began?.op ? began : headAt(head.op.parent);
    }
    this.current = head;
    if (this.#blockOf(this.current) === id) this.#final.set(id, this.current);
    else this.#final.delete(id);
  }

  /** Where a block that was entered before began; where its parent is now, if that was a checkpoint. */
  async beginning(id: string): Promise<Head | undefined> {
    const began = this.#began.get(id);
    if (began === undefined || began.parent === null) return began?.head;
    return (await this.final(began.parent)) ?? began.head;
  }

  /**
   * A checkpoint's final state: after the last block op called in this process, else after the last live one of the log, else
   * where its block began.
   */
  async final(id: string): Promise<Head | undefined> {
    const under = this.recordedUnder(id);
    return (
      this.#final.get(id) ??
      (await this.#recorded(under)) ??
      this.#began.get(id)?.head ??
      (await this.#lookedFrom(under))
    );
  }

  /**
   * A checkpoint goes from the log: what stands on its ops, here, stands on the root, in the states that it is in. Where the model is at
   * it, it goes back to where the checkpoint's block began, so that the block entered again computes the same anew.
   */
  async forget(id: string): Promise<void> {
    await logChain(this.#store.log, this.#root);
    this.#final.delete(id);
    const heads = [this.current, ...this.#final.values(), ...[...this.#began.values()].map(({ head }) => head)];
    for (const { op: tip } of heads) {
      for (let op: ChainOp | null = tip; op !== null; op = op.parent) {
        if (op.place.checkpoint === id) op.entry = this.#root.entry;
      }
    }
    const kept = async (head: Head): Promise<Head> =>
      head.op.place.checkpoint === id ? { ...head, unlogged: [...head.unlogged, await this.#row(head)] } : head;
    const at = this.current.op.place.checkpoint === id && this.unsaved === null;
    this.current = at ? (this.#began.get(id)?.head ?? this.root) : await kept(this.current);
    for (const [other, head] of this.#final) this.#final.set(other, await kept(head));
    for (const [other, { head, parent }] of this.#began) {
      this.#began.set(other, { head: await kept(head), parent: parent === id ? null : parent });
    }
  }

  async #recorded(id: string): Promise<Head | undefined> {
    const { log } = this.#store;
    const entry = finalOp(await log.entries({ model: this.#model, checkpoint: id, lane: 'block' }));
    const record = entry && (await log.record(entry.record));
    if (entry === undefined || record === undefined) return undefined;
    await this.#requireRoot(`Checkpoint '${id}'`, record);
    const { id: number, position } = entry;
    // Its own past matters only where something diverges, and is then read from the log.
    return headAt({ place: entry, position, record, components: componentsOf(record), parent: null, entry: number });
  }

  /** Where a block is that only looked: in the state that it looked at. */
  async #lookedFrom(id: string): Promise<Head | undefined> {
    const { log } = this.#store;
    const live = await log.entries({ model: this.#model, checkpoint: id, lane: 'block', status: 'live' });
    const looked = live.at(-1);
    const parent = looked === undefined || looked.parent === null ? undefined : await log.entry(looked.parent);
    const [seen, record] = [looked && (await log.record(looked.record)), parent && (await log.record(parent.record))];
    if (parent === undefined || record === undefined || !seen?.stateBefore) return undefined;
    return { ...(await this.atRecord(`Checkpoint '${id}'`, record, parent)), state: seen.stateBefore };
  }

  /** A recorded state of another net, seed or initial weights is not this model's: what it says would be taken for this one's. */
  async #requireRoot(what: string, record: OpRecord): Promise<void> {
    const { root } = componentsOf(record);
    const { fingerprint, fields, observed } = this.#root.record;
    if (root === fingerprint) return;
    const there = await this.#store.log.record(root);
    const changed =
      there === undefined
        ? []
        : [...changes(there.observed, observed), ...changes(there.fields, fields)].map(describeChange);
    throw new RepriseError(
      'NET_CHANGED',
      `${what} of model '${this.#model}' was recorded for another Model.open: ${changed.join(', ')} (recorded → called). ` +
        "Undo the change, or run the checkpoint's block before it is used (onDivergence: 'rerun' computes it anew), " +
        'or open the model under another id.',
    );
  }

  /** A recorded op by itself, whatever stands around it in the log: the model goes on from its state. */
  async atRecord(what: string, record: OpRecord, entry: OpEntry | undefined): Promise<Head> {
    await this.#requireRoot(what, record);
    const { place: rootPlace, position } = this.#root;
    const place = entry ?? rootPlace;
    if (entry === undefined) await logChain(this.#store.log, this.#root);
    const number = entry?.id ?? this.#root.entry;
    return headAt({
      place,
      position: entry?.position ?? position,
      record,
      components: componentsOf(record),
      parent: null,
      entry: number,
    });
  }

  /** The row of a head's state, which may go from the log with its records. */
  async #row({ op, state }: Head): Promise<StateRow> {
    const { blobs } = this.#store;
    if (op.manifest !== undefined && op.record.stateAfter === state) return putManifest(op.manifest, blobs);
    const row = await rowOf(state, blobs);
    // Nothing in the log names it any more: it must not be collected before something does again.
    await blobs.pin(row.blobs);
    return row;
  }
}
