/**
 * `pnpm test:powerloss --seed 1`: records what a process does to a disk, then pulls the plug after each of its operations, and looks at what is left.
 * The last line is one JSON object; the exit code is 1 where something was found.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile } from '../support/compiled.js';
import { campaign } from './campaign.js';
import { record, type Recording, unavailable } from './mount.js';
import { add, newTally, type Tally } from './tally.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    /** Random parts of what was not synced, at each cut. */
    parts: { type: 'string', default: '2' },
    /** One of so many cuts. */
    'one-of': { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);
const processes = availableParallelism();

interface Work {
  readonly recording: Recording;
  readonly part: number;
}

async function recorded(): Promise<Recording> {
  const workload = new URL('workload.ts', import.meta.url);
  const compiled = await compile(workload);
  try {
    return await record(compiled.path(workload));
  } finally {
    await compiled.remove();
  }
}

function inProcess(work: Work): Promise<Tally> {
  const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
    serialization: 'advanced',
    env: { ...process.env, POWERLOSS_PART: '1' },
  });
  child.send(work);
  return new Promise((resolve, reject) => {
    child.on('message', (message) => resolve(message as Tally));
    child.on('error', reject);
    child.on('disconnect', () => reject(new Error(`Part ${work.part} ended before it said what it found.`)));
  });
}

async function play({ recording, part }: Work): Promise<void> {
  const options = {
    seed,
    parts: Number(values.parts),
    oneOf: Number(values['one-of']),
    share: { part, parts: processes },
  };
  const tally = await campaign(recording, options, (finding) => console.error(finding));
  process.send?.(tally, undefined, undefined, () => process.disconnect());
}

async function main(): Promise<void> {
  const reason = unavailable();
  if (reason !== undefined) {
    console.log(JSON.stringify({ cases: 0, violations: 0, skipped: reason }));
    return;
  }
  const begun = performance.now();
  const recording = await recorded();
  const total = newTally();
  const tallies = Array.from({ length: processes }, (_, part) => inProcess({ recording, part }));
  for (const tally of await Promise.all(tallies)) add(total, tally);
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(JSON.stringify({ ...total, operations: recording.operations.length, seed, seconds }));
  if (total.violations > 0) process.exitCode = 1;
}

if (process.env['POWERLOSS_PART'] === undefined) await main();
else process.once('message', (message) => void play(message as Work));
