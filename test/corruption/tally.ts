/** What became of the cases of a campaign. */
export interface Tally {
  cases: number;
  /** All that must not be: the kinds below down to `deadEnds`, and what was read back wrong without a word. */
  violations: number;
  /** Met by an error, or by `verify({ full: true })`. */
  detected: number;
  /** All reads back as it was written. */
  harmless: number;
  /** Tensors that were not those that were stored, whatever else was said. */
  wrongTensors: number;
  /** Errors that are no RepriseError. */
  untypedErrors: number;
  /** Processes that ended, or hung. */
  crashes: number;
  /** Runs on a damaged store that came to other results than on a whole one. */
  wrongResults: number;
  /** Stores of which verify says that they are damaged, and that neither repair nor rebuild would make usable. */
  deadEnds: number;
  /** The cut end of the write-ahead log of a killed process: the store is what it was some commits before, and the script computes them again. */
  undetected: number;
  /** Scripts that ran on the damaged store: to the same results, or to a typed error. */
  ran: number;
  refused: number;
  /** Stores that were mended, and whose scripts came to the same results then. */
  mended: number;
  /** Those that were mended, and whose scripts end with a typed error all the same. */
  asked: number;
  /** What verify did not see, by what it was about: its worst effects are told in the page on formats. */
  readonly unseen: { [what: string]: number };
}

export function newTally(): Tally {
  return {
    cases: 0,
    violations: 0,
    detected: 0,
    harmless: 0,
    wrongTensors: 0,
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
  };
}

/** Adds the figures of one to those of another. */
export function add(to: Tally, { unseen, ...figures }: Tally): void {
  for (const [name, figure] of Object.entries(figures)) to[name as keyof typeof figures] += figure;
  for (const [what, count] of Object.entries(unseen)) to.unseen[what] = (to.unseen[what] ?? 0) + count;
}
