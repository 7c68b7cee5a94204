import type { Lane as LaneName, OpKind, Place } from '../ports/op-log.js';
import { type ChainOp, type Head, headAt } from '../replay/chain.js';
import type { Tenure } from './tenure.js';

/** A sequence of calls: those of a block, or those on a checkpoint's handle. Knows where the next call stands. */
export class Lane {
  head: Head;
  /** The right to write what is not answered from the log. */
  readonly tenure: Tenure;
  readonly model: string;
  /** The checkpoint as the script calls it. */
  readonly id: string;
  /** The one that its calls are recorded under: another, once they fork from what is recorded. */
  checkpoint: string;
  readonly name: LaneName;
  readonly #counts = new Map<string, number>();
  #position = 0;
  /** Where the setups and loads begin that no call has been answered on; null where there are none. */
  #before: Head | null = null;
  /** The entries that answered calls of this run. */
  readonly called: Set<number> = new Set();

  /** Those of them that came to their place in this run. */
  readonly added: Set<number> = new Set();
  /** Setups and loads of this run, which come to their entries once something stands on them. */
  readonly #derived: ChainOp[] = [];
  readonly #forked: (checkpoint: string) => void;

  /** @param forked told when the calls go on under another checkpoint */
  constructor(
    place: { readonly model: string; readonly checkpoint: string; readonly name: LaneName },
    head: Head,
    tenure: Tenure,
    forked: (checkpoint: string) => void = () => undefined,
  ) {
    this.model = place.model;
    this.id = place.checkpoint;
    this.checkpoint = place.checkpoint;
    this.name = place.name;
    this.head = head;
    this.tenure = tenure;
    this.#forked = forked;
  }

  /**
   * Where a call of this kind would stand, if it were made now.
   * @param key the caller's own name for it: on a handle, which has no end, it is the same call each time
   */
  next(kind: OpKind, name: string, key?: string): { readonly place: Place; readonly position: number } {
    const counted = this.#counts.get(`${kind}:${key ?? name}`) ?? 0;
    const occurrence = key !== undefined && this.name === 'handle' ? 0 : counted;
    const { model, checkpoint, name: lane } = this;
    return { place: { model, checkpoint, lane, kind, name: key ?? name, occurrence }, position: this.#position };
  }

  /** The calls go on under another checkpoint, beside what is recorded. */
  fork(checkpoint: string): void {
    this.checkpoint = checkpoint;
    this.#forked(checkpoint);
  }

  /** A call has been answered: the next one stands behind it. One that threw leaves its place to the next try. */
  advance({ kind, name, occurrence }: Place, entry: number | null, added: boolean = false): void {
    if (entry !== null) this.called.add(entry);
    if (entry !== null && added) this.added.add(entry);
    this.#counts.set(`${kind}:${name}`, occurrence + 1);
    this.#position++;
    this.#before = null;
  }

  /** The same for a call whose state follows without running anything. The lane moves there. */
  derived(op: ChainOp): void {
    const before = this.#before ?? this.head;
    this.advance(op.place, op.entry);
    this.#before = before;
    this.#derived.push(op);
    this.head = headAt(op);
  }

  /** Where it stands without the setups and loads that no call was answered on. */
  get standing(): Head {
    return this.#before ?? this.head;
  }

  /** Whether an entry answered a call of this run. */
  hasCalled(entry: number): boolean {
    return this.called.has(entry) || this.#derived.some((op) => op.entry === entry);
  }
}
