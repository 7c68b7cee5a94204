import type { SqliteLeases } from './leases.js';

/** A lease that this process holds, with those who hold it: each store that it has opened, as often as it took it. */
export class Hold {
  readonly token: number;
  readonly #counts = new Map<SqliteLeases, number>();

  constructor(token: number) {
    this.token = token;
  }

  enter(store: SqliteLeases): void {
    this.#counts.set(store, (this.#counts.get(store) ?? 0) + 1);
  }

  /** True where this store does not hold it any more. */
  exit(store: SqliteLeases): boolean {
    const count = (this.#counts.get(store) ?? 0) - 1;
    if (count > 0) this.#counts.set(store, count);
    return count <= 0;
  }

  /** Whatever the count. Returns a store that still holds it. */
  leave(store: SqliteLeases): SqliteLeases | undefined {
    this.#counts.delete(store);
    return this.#counts.keys().next().value;
  }
}
