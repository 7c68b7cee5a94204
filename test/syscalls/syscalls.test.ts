import { expect, test } from 'vitest';
import { campaign } from './campaign.js';
import { unavailable } from './strace.js';

const reason = unavailable();

test.skipIf(reason !== undefined)(
  `a system call that is the last one, or fails, leaves a store whole${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  async () => {
    const findings: string[] = [];
    const tally = await campaign({ seed: 20261127, sample: 60 }, (finding) => findings.push(finding));
    expect(findings).toEqual([]);
    expect(tally.cases).toBeGreaterThan(50);
  },
);
