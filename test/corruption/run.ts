/**
 * `pnpm test:corruption --cases 5000 --seed 1`: damages one file of a store, looks at what it says of everything, and makes it whole again. The last line is
 * one JSON object; the exit code is 1 where something was found. `--case 17` plays one case alone, in this process.
 */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { scratchFolder } from '../durability/scratch.js';
import { campaign } from './campaign.js';
import { makeFixtures } from './fixture.js';
import { playAll } from './processes.js';
import { add, newTally } from './tally.js';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
  },
});
const seed = Number(values.seed);
const numbers =
  values.case === undefined
    ? Array.from({ length: Number(values.cases) }, (_, i) => i)
    : values.case.split(',').map(Number);

const begun = performance.now();
const folder = await scratchFolder();
const total = newTally();
try {
  await makeFixtures(folder);
  if (values.case !== undefined) {
    await campaign(folder, seed, numbers, (_, tally, findings) => {
      add(total, tally);
      for (const finding of findings) console.error(finding);
    });
  } else {
    const tally = await playAll(folder, seed, numbers, availableParallelism(), (finding) => console.error(finding));
    add(total, tally);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ ...total, seed, seconds: Math.round((performance.now() - begun) / 1000) }));
if (total.violations > 0) process.exitCode = 1;
