import { describe } from 'vitest';
import { useFixture } from '../fixture.js';
import type { Driver } from '../fixture.js';
import { commitSpec } from './commit.js';
import { descendantsSpec } from './descendants.js';
import { entriesSpec } from './entries.js';
import type { OpLogFixture } from './fixture.js';
import { modelsSpec } from './models.js';
import { recordsSpec } from './records.js';
import { referencesSpec } from './references.js';
import { removalSpec } from './removal.js';
import { replacedSpec } from './replaced.js';
import { runsSpec } from './runs.js';
import { settlementsSpec } from './settlements.js';
import { snapshotsSpec } from './snapshots.js';
import { tagsSpec } from './tags.js';

/** The contract of an `OpLog`, as a vitest suite. Call it in a test file of the implementation. */
export function describeOpLog(name: string, driver: Driver<OpLogFixture>): void {
  describe(`op log: ${name}`, () => {
    const fixture = useFixture(driver);
    modelsSpec(fixture);
    recordsSpec(fixture);
    entriesSpec(fixture);
    commitSpec(fixture);
    referencesSpec(fixture);
    descendantsSpec(fixture);
    removalSpec(fixture);
    replacedSpec(fixture);
    runsSpec(fixture);
    settlementsSpec(fixture);
    snapshotsSpec(fixture);
    tagsSpec(fixture);
  });
}
