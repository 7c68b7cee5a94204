import { RepriseError } from '@reprise/core';
import type { ErrorCode } from '@reprise/core';
import { expect } from 'vitest';

/** Expects a typed error with this code, and returns it. */
export async function failure(running: Promise<unknown>, code: ErrorCode): Promise<RepriseError> {
  const error: unknown = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RepriseError);
  expect((error as RepriseError).code).toBe(code);
  return error as RepriseError;
}
