/** Data in memory is there at once: the hot path must not pay for promises it doesn't need. */
export type Ready<T> = T | PromiseLike<T>;

export function isPromise<T>(value: Ready<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Goes on with a value now where it is there, else when it is. */
export function whenReady<T, R>(value: Ready<T>, use: (value: T) => R | Promise<R>): R | Promise<R> {
  return isPromise(value) ? Promise.resolve(value).then(use) : use(value);
}

/** All the values: at once where none is a promise. */
export function allReady<T>(values: readonly Ready<T>[]): readonly T[] | Promise<readonly T[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as readonly T[]);
}
