/**
 * `pnpm test:crash --cycles 500 --seed 1`: processes that train and collect garbage in one store are killed at random instants and started again.
 * The last line is one JSON object; the exit code is 1 where something was found.
 */
import { parseArgs } from 'node:util';
import { campaign } from './campaign.js';

const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '500' }, seed: { type: 'string', default: '1' } },
});
const seed = Number(values.seed);
const begun = performance.now();
const tally = await campaign(seed, Number(values.cycles), (finding) => console.error(finding));
console.log(JSON.stringify({ ...tally, seed, seconds: Math.round((performance.now() - begun) / 1000) }));
if (tally.violations > 0) process.exitCode = 1;
