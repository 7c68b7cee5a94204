import { RepriseError } from './base.js';

export interface OptionProblem {
  /** The call it was given to, such as `train()`. */
  readonly where: string;
  readonly option: string;
  /** The known option that the given name is closest to, where one is close. */
  readonly nearest?: string;
  /** The options that the call takes. */
  readonly known?: readonly string[];
}

/** An option that a call doesn't take (`UNKNOWN_OPTION`), or a value that an option can't have (`INVALID_OPTION`). */
export class OptionError extends RepriseError {
  readonly where: string;
  readonly option: string;
  readonly nearest: string | undefined;
  readonly known: readonly string[];

  constructor(code: 'UNKNOWN_OPTION' | 'INVALID_OPTION', message: string, problem: OptionProblem) {
    super(code, message);
    this.where = problem.where;
    this.option = problem.option;
    this.nearest = problem.nearest;
    this.known = problem.known ?? [];
  }
}
