import { expect, test } from 'vitest';
import { campaign, historyLength } from './campaign.js';
import { reproduction } from './report.js';
import { newTally } from './tally.js';

const seed = 20261126;
const edits = 300;

test(
  'scripts edited at random return what they return without a cache, and nothing runs twice',
  { timeout: 300_000 },
  async () => {
    const tally = newTally();
    const numbers = Array.from({ length: Math.ceil(edits / historyLength) }, (_, i) => i);
    const failures = await campaign(seed, numbers, tally);
    const [failure] = failures;
    expect(failure === undefined ? '' : await reproduction(seed, failure, 100)).toBe('');
    expect(tally).toMatchObject({ staleHits: 0, unexplainedMisses: 0, broken: 0 });
    expect(tally.cases).toBeGreaterThanOrEqual(edits);
  },
);
