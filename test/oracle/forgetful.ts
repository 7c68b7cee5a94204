import type { OpLog, Store } from '@reprise/core';

/** The store, with a log that records and never answers: what runs on it is computed, also where a script says the same twice. */
export function forgetful(store: Store): Store {
  /** A tag names a record, which is then asked for: that is no answer to a call. */
  let isNamed = false;
  const silent: Partial<OpLog> = {
    match: async () => undefined,
    at: async () => undefined,
    series: async () => [],
    snapshots: async () => [],
    tags: (model) => {
      isNamed = true;
      return store.log.tags(model);
    },
    record: async (fingerprint) => {
      const answers = isNamed;
      isNamed = false;
      return answers ? store.log.record(fingerprint) : undefined;
    },
  };
  const log = new Proxy(store.log, {
    get: (target, name) => {
      const value: unknown = silent[name as keyof OpLog] ?? Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name === 'log') return log;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
