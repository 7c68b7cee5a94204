/**
 * The arithmetic that a formula is written in. One formula serves every representation of its numbers: four floats in a WebAssembly
 * kernel, or one double in a test.
 */
export interface Algebra<V> {
  add(a: V, b: V): V;
  sub(a: V, b: V): V;
  mul(a: V, b: V): V;
  div(a: V, b: V): V;
  max(a: V, b: V): V;
  sqrt(a: V): V;
}

/**
 * A formula over arrays, element by element, with some scalars (its constants among them): the new values of every array but the first,
 * which is only read.
 */
export type Formula = <V>(algebra: Algebra<V>, elements: readonly V[], scalars: readonly V[]) => readonly V[];
