/** What became of the cases of a campaign. */
export interface Tally {
  cases: number;
  /** All that must not be: wrong values, untyped errors, crashes, dead ends, and what was read back otherwise without a word. */
  violations: number;
  /** Met by an error, or by `verify({ full: true })`. */
  detected: number;
  /** All reads back as it was written. */
  harmless: number;
  /** Tensors that were not those that were stored, whatever else was said. */
  wrongTensors: number;
  /** Records that were not those that were written, whatever else was said. */
  wrongRecords: number;
  /** Errors that are no RepriseError. */
  untypedErrors: number;
  /** Processes that ended, or hung. */
  crashes: number;
  /** Runs on a damaged store that came to other results than on a whole one. */
  wrongResults: number;
  /** Stores of which verify says that they are damaged, and that neither repair nor rebuild would make usable. */
  deadEnds: number;
  /**
   * What can't be told from a process that was killed a moment before: the end of its write-ahead log is not read, so the store is what it was some commits
   * earlier, and the script computes them again. And what is shown, or asks the user a question, at worst.
   */
  undetected: number;
  /** Scripts that ran on the damaged store: to the same results, or to a typed error. */
  ran: number;
  refused: number;
  /** Stores that were mended, and whose scripts came to the same results then. */
  mended: number;
  /** Those that were mended, and whose scripts end with a typed error all the same. */
  asked: number;
  /** What verify did not see, by what read back differently. */
  readonly unseen: { [what: string]: number };
  /** Typed errors, by what met them. */
  readonly errors: { [what: string]: number };
}

export function newTally(): Tally {
  return {
    cases: 0,
    violations: 0,
    detected: 0,
    harmless: 0,
    wrongTensors: 0,
    wrongRecords: 0,
    untypedErrors: 0,
    crashes: 0,
    undetected: 0,
    wrongResults: 0,
    deadEnds: 0,
    ran: 0,
    refused: 0,
    mended: 0,
    asked: 0,
    unseen: {},
    errors: {},
  };
}

/** Adds the figures of one to those of another. */
export function add(to: Tally, { unseen, errors, ...figures }: Tally): void {
  for (const [name, figure] of Object.entries(figures)) to[name as keyof typeof figures] += figure;
  for (const [what, count] of Object.entries(unseen)) to.unseen[what] = (to.unseen[what] ?? 0) + count;
  for (const [what, count] of Object.entries(errors)) to.errors[what] = (to.errors[what] ?? 0) + count;
}
