import { describe } from 'vitest';
import { useFixture } from '../fixture.js';
import type { Driver } from '../fixture.js';
import { fencingSpec } from './fencing.js';
import type { LeasesFixture } from './fixture.js';
import { takeSpec } from './take.js';
import { takeoverSpec } from './takeover.js';

/** The contract of `Leases`, as a vitest suite. Call it in a test file of the implementation. */
export function describeLeases(name: string, driver: Driver<LeasesFixture>): void {
  describe(`leases: ${name}`, () => {
    const fixture = useFixture(driver);
    takeSpec(fixture);
    takeoverSpec(fixture);
    fencingSpec(fixture);
  });
}
