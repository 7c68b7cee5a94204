import type { Store } from '@reprise/core';

/** A store that can be taken away at any moment, as by the death of the process: from then on nothing is written or read any more. */
export interface Mortal {
  readonly store: Store;
  die(): void;
}

export function mortal(store: Store, reason: () => Error): Mortal {
  let dead = false;
  const guarded = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => (dead ? Promise.reject(reason()) : Reflect.apply(value, target, args));
      },
    });
  const { location, hasher } = store;
  const [blobs, log, files] = [guarded(store.blobs), guarded(store.log), guarded(store.files)];
  const [leases, upkeep] = [guarded(store.leases), guarded(store.upkeep)];
  return {
    store: { location, hasher, blobs, log, files, leases, upkeep, close: async () => undefined },
    die: () => {
      dead = true;
    },
  };
}
