import type { ErrorCode } from '@reprise/core';
import { expect } from 'vitest';

/** An error of a code, whose message has what is given in it. */
export function refusal(code: ErrorCode, message: RegExp): object {
  return expect.objectContaining({ code, message: expect.stringMatching(message) as unknown }) as object;
}
