import { RepriseError } from '../errors/base.js';

/** A function that can't be fingerprinted as it is given. */
export class FunctionError extends RepriseError {
  /** The function's name, or `(anonymous)`. */
  readonly functionName: string;
  /** What it uses from outside (`FREE_VARIABLE`); empty for `UNREADABLE_FUNCTION`. */
  readonly identifiers: readonly string[];

  constructor(
    code: 'FREE_VARIABLE' | 'UNREADABLE_FUNCTION',
    functionName: string,
    message: string,
    details: { readonly identifiers?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.functionName = functionName;
    this.identifiers = details.identifiers ?? [];
  }
}

/** Source that doesn't say what the function does. */
export function unreadable(functionName: string, why: string, cause?: unknown): FunctionError {
  return new FunctionError(
    'UNREADABLE_FUNCTION',
    functionName,
    `The function ${functionName} can't be fingerprinted: ${why}. Wrap it in a function of your own, ` +
      `or give it a key that you change when its behaviour changes: { key: 'my-function-v1' }.`,
    cause === undefined ? {} : { cause },
  );
}
