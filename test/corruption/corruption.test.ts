import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { scratchFolder } from '../durability/scratch.js';
import { campaign } from './campaign.js';
import { makeFixtures } from './fixture.js';
import { add, newTally } from './tally.js';

const cases = 60;

test('a damaged store says so, and never gives another tensor than was stored', { timeout: 120_000 }, async () => {
  const folder = await scratchFolder();
  const [tally, found] = [newTally(), [] as string[]];
  try {
    await makeFixtures(folder);
    const numbers = Array.from({ length: cases }, (_, i) => i);
    await campaign(folder, 20261127, numbers, (_, played, findings) => {
      add(tally, played);
      found.push(...findings);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  expect(found).toEqual([]);
  expect(tally).toMatchObject({ cases, violations: 0 });
  // What finds nothing may be looking at nothing.
  expect(tally.detected).toBeGreaterThan(cases / 3);
});
