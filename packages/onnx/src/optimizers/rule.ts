import type { Formula } from '../wasm/algebra.js';

/** How an optimizer updates one parameter. */
export interface Rule {
  /** Names of the tensors that it keeps beside each parameter, of the parameter's shape; in alphabetical order. */
  readonly slots: readonly string[];
  /** What they are filled with at the beginning. */
  readonly initial: number;
  /** The elements are gradient, parameter, slots; the results are the new parameter and slots. */
  readonly formula: Formula;
  /** The scalars of the formula. `step` counts the updates of the parameter from 1. */
  scalars(lr: number, step: number): readonly number[];
}
