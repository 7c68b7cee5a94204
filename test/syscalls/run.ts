/**
 * `pnpm test:syscalls`: every system call with which a store is opened, saved to, appended to, cleaned up, migrated and deleted from is made to be
 * the last one, to fail, and to find the disk full. `--sample 100 --seed 1` tries so many of them, `--only save` one op.
 * The last line is one JSON object; the exit code is 1 where something was found.
 */
import { parseArgs } from 'node:util';
import { campaign } from './campaign.js';
import { unavailable } from './strace.js';

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    /** Says how each one ended. */
    verbose: { type: 'boolean', default: false },
  },
});
const reason = unavailable();
if (reason !== undefined) {
  console.log(JSON.stringify({ cases: 0, violations: 0, skipped: reason }));
} else {
  const seed = Number(values.seed);
  const begun = performance.now();
  const options = {
    seed,
    only: values.only,
    ...(values.sample === undefined ? {} : { sample: Number(values.sample) }),
  };
  const log = values.verbose ? (outcome: string) => console.log(outcome) : undefined;
  const tally = await campaign(options, (finding) => console.error(finding), log);
  console.log(JSON.stringify({ ...tally, seed, seconds: Math.round((performance.now() - begun) / 1000) }));
  if (tally.violations > 0) process.exitCode = 1;
}
