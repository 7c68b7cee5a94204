import type { Amount, Collection, GarbageKind, KeptKind } from '@reprise/core';

/** Counts what goes and what stays. */
export class Tally {
  readonly #freed = { unreferenced: none(), unrecorded: none(), temporary: none(), setAside: none() };
  readonly #kept = { recent: none(), pinned: none() };
  superseded = 0;
  readonly unfinished: Set<string> = new Set();

  free(kind: GarbageKind, bytes: number): void {
    add(this.#freed[kind], bytes);
  }

  keep(kind: KeptKind, bytes: number): void {
    add(this.#kept[kind], bytes);
  }

  result(dryRun: boolean, left: Amount): Collection {
    return {
      dryRun,
      freed: this.#freed,
      kept: this.#kept,
      superseded: this.superseded,
      unfinished: this.unfinished.size,
      left,
    };
  }
}

function none(): { count: number; bytes: number } {
  return { count: 0, bytes: 0 };
}

function add(amount: { count: number; bytes: number }, bytes: number): void {
  amount.count += 1;
  amount.bytes += bytes;
}
