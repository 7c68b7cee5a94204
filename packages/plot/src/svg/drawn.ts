import type { Data, Mark } from 'vega';

/** Marks of a panel, and the rows that they are drawn from: texts of users are rows, never part of a specification's code. */
export interface Drawn {
  readonly data: readonly Data[];
  readonly marks: readonly Mark[];
}
