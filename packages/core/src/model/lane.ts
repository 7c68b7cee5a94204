import type { Lane as LaneName, OpKind, Place } from '../ports/op-log.js';
import type { Head } from '../replay/chain.js';

/** A sequence of calls: those of a block, or those on a checkpoint's handle. Knows where the next call stands. */
export class Lane {
  head: Head;
  readonly model: string;
  /** The checkpoint as the script calls it. */
  readonly id: string;
  /** The one that its calls are recorded under: another, once they fork from what is recorded. */
  checkpoint: string;
  readonly name: LaneName;
  readonly #counts = new Map<string, number>();
  #position = 0;
  /** The entries that answered calls of this run. */
  readonly called: Set<number> = new Set();

  constructor(place: { readonly model: string; readonly checkpoint: string; readonly name: LaneName }, head: Head) {
    this.model = place.model;
    this.id = place.checkpoint;
    this.checkpoint = place.checkpoint;
    this.name = place.name;
    this.head = head;
  }

  /** Where a call of this kind would stand, if it were made now. */
  next(kind: OpKind, name: string): { readonly place: Place; readonly position: number } {
    const occurrence = this.#counts.get(`${kind}:${name}`) ?? 0;
    const { model, checkpoint, name: lane } = this;
    return { place: { model, checkpoint, lane, kind, name, occurrence }, position: this.#position };
  }

  /** A call has been answered: the next one stands behind it. One that threw leaves its place to the next try. */
  advance({ kind, name, occurrence }: Place, entry: number | null): void {
    if (entry !== null) this.called.add(entry);
    this.#counts.set(`${kind}:${name}`, occurrence + 1);
    this.#position++;
  }
}
