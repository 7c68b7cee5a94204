import { afterEach, beforeEach } from 'vitest';

/** How a suite gets the thing that it tests: a fresh one for each test. */
export interface Driver<T> {
  create(): Promise<T>;
  /** Called after each test with what `create` returned. */
  destroy(fixture: T): Promise<void>;
}

/** The present test's fixture. */
export type Fixture<T> = () => T;

export function useFixture<T>({ create, destroy }: Driver<T>): Fixture<T> {
  let fixture: T | undefined;
  beforeEach(async () => {
    fixture = await create();
  });
  afterEach(async () => {
    const used = fixture;
    fixture = undefined;
    if (used !== undefined) await destroy(used);
  });
  return () => {
    if (fixture === undefined) throw new Error('The fixture exists only while a test runs.');
    return fixture;
  };
}
