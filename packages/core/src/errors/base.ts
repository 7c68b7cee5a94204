import type { ErrorCode } from './codes.js';

/** Where the page of a code is. */
const pages = 'https://github.com/reprise-ts/reprise/blob/main/docs/errors/';

/**
 * The base of every error that reprise throws. The message says what happened, what was expected and what to do next;
 * the same facts are fields; `code` names the page in docs/errors.
 */
export class RepriseError extends Error {
  readonly code: ErrorCode;
  readonly page: string;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(`${message} [${code}]`, options);
    this.name = new.target.name;
    this.code = code;
    this.page = `${pages}${code}.md`;
  }
}
