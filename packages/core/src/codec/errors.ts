import { RepriseError } from '../errors/base.js';

/** A value that can't be recorded (`UNRECORDABLE_VALUE`). */
export class UnrecordableValueError extends RepriseError {
  /** Where it is: `result.scores[3].fn`. */
  readonly path: string;
  /** What it is: `a function`. */
  readonly found: string;

  constructor(path: string, found: string) {
    super(
      'UNRECORDABLE_VALUE',
      `${path} is ${found}, which can't be recorded. Use plain data: numbers, strings, booleans, null, undefined, bigint, Date, ` +
        `typed arrays, and arrays, objects, Maps and Sets of them.`,
    );
    this.path = path;
    this.found = found;
  }
}

/** Bytes that the codec never wrote (`UNDECODABLE_BYTES`). */
export class DecodeError extends RepriseError {
  /** Where they differ from what it writes, in bytes from the beginning; undefined where that is no single place. */
  readonly offset: number | undefined;

  constructor(problem: string, offset?: number, options?: { cause?: unknown }) {
    const place = offset === undefined ? '' : ` at byte ${offset}`;
    super(
      'UNDECODABLE_BYTES',
      `These bytes are not a value that reprise encoded: ${problem}${place}. They are damaged, or of another program.`,
      options,
    );
    this.offset = offset;
  }
}
