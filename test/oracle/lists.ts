import type { Generator } from './generate.js';

/** The list with a value more, before what stands at `at`. */
export function inserted<T>(list: readonly T[], at: number, value: T): readonly T[] {
  return [...list.slice(0, at), value, ...list.slice(at)];
}

/** The list with what stands at `at` left out. */
export function without<T>(list: readonly T[], at: number): readonly T[] {
  return list.filter((_, i) => i !== at);
}

/** The list with two neighbours in the other order. */
export function swapped<T>(make: Generator, list: readonly T[]): readonly T[] {
  if (list.length < 2) return list;
  const at = make.random.below(list.length - 1);
  return [...list.slice(0, at), list[at + 1] as T, list[at] as T, ...list.slice(at + 2)];
}
