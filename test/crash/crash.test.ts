import { expect, test } from 'vitest';
import { campaign } from './campaign.js';

test(
  'processes killed at random instants lose nothing that they had recorded, and end as undisturbed ones do',
  { timeout: 120_000 },
  async () => {
    const findings: string[] = [];
    const tally = await campaign(20261127, 20, (finding) => findings.push(finding));
    expect(findings).toEqual([]);
    expect(tally).toMatchObject({ violations: 0 });
    expect(tally.cases).toBeGreaterThanOrEqual(20);
  },
);
