import { describe } from 'vitest';
import { useFixture } from '../fixture.js';
import type { Driver } from '../fixture.js';
import { deleteSpec } from './delete.js';
import type { BlobStoreFixture } from './fixture.js';
import { getSpec } from './get.js';
import { putSpec } from './put.js';

/** The contract of a `BlobStore`, as a vitest suite. Call it in a test file of the implementation. */
export function describeBlobStore(name: string, driver: Driver<BlobStoreFixture>): void {
  describe(`blob store: ${name}`, () => {
    const fixture = useFixture(driver);
    putSpec(fixture);
    getSpec(fixture);
    deleteSpec(fixture);
  });
}
