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
  /** Where reading stopped, in bytes from the beginning. */
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(
      'UNDECODABLE_BYTES',
      `These bytes are not a value that reprise encoded: ${problem} at byte ${offset}. They are damaged, or of another program.`,
    );
    this.offset = offset;
  }
}
