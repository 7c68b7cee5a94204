import { expect, test } from 'vitest';
import { campaign, report } from './campaign.js';

const seed = 20261127;
const cases = 60;

test(
  'processes that save, read, collect, delete and die in any order never lose what is recorded',
  { timeout: 120_000 },
  async () => {
    const { tally, failures } = await campaign(seed, cases);
    expect(failures.map(report)).toEqual([]);
    expect(tally).toMatchObject({ cases, violations: 0, liveBlobsDeleted: 0 });
  },
);
