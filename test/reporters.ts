import { join } from 'node:path';
import type { ViteUserConfig } from 'vitest/config';

type Reporters = NonNullable<NonNullable<ViteUserConfig['test']>['reporters']>;

/** Lines for people; and where REPRISE_TEST_RESULTS names a folder (.ci/run counts there), a JSON file as well. */
export function reporters(suite: string): Reporters {
  const folder = process.env['REPRISE_TEST_RESULTS'];
  if (folder === undefined || folder === '') return ['default'];
  return ['default', ['json', { outputFile: join(folder, `${suite}-node-${process.versions.node}.json`) }]];
}
