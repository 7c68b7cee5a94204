/**
 * `pnpm test:interleavings --cases 2000 --seed 1`: three processes that save, read, collect and delete in one store, one file call at a time in an order
 * drawn at random, while the clock jumps and processes die. After each step all that is recorded must be there. The last line is one JSON object; the
 * exit code is 1 where something was found.
 */
import { parseArgs } from 'node:util';
import { campaign, report, shrunk } from './campaign.js';
import { play } from './play.js';
import type { Plan } from './plan.js';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    /** One plan alone, as a report printed it. */
    plan: { type: 'string' },
  },
});

async function main(): Promise<void> {
  if (values.plan !== undefined) {
    console.log(JSON.stringify(await play(JSON.parse(values.plan) as Plan), null, 2));
    return;
  }
  const begun = performance.now();
  const { tally, failures } = await campaign(Number(values.seed), Number(values.cases));
  for (const failure of failures) console.log(`${report(await shrunk(failure, 20_000))}\n`);
  const { cases, violations, liveBlobsDeleted, steps } = tally;
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(JSON.stringify({ cases, violations, liveBlobsDeleted, steps, seed: Number(values.seed), seconds }));
  if (violations > 0) process.exitCode = 1;
}

await main();
