/**
 * `pnpm test:oracle --edits 2000 --seed 1`: random scripts, edited and run again and again over one store, each run compared with one
 * without a cache. The last line is one JSON object; the exit code is 1 where something was found.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { campaign, type Failure, historyLength } from './campaign.js';
import { reproduction } from './report.js';
import { add, newTally, type Tally } from './tally.js';

interface Part {
  readonly tally: Tally;
  readonly failures: readonly Failure[];
}

const { values } = parseArgs({
  options: {
    edits: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    /** One history alone, by its number. */
    history: { type: 'string' },
    /** Counts only. */
    'no-shrink': { type: 'boolean', default: false },
    /** Set in a process that plays a part: which one, of how many. */
    part: { type: 'string' },
  },
});
const seed = Number(values.seed);
const histories = Math.ceil(Number(values.edits) / historyLength);

async function play(numbers: readonly number[]): Promise<Part> {
  const tally = newTally();
  return { failures: await campaign(seed, numbers, tally), tally };
}

/** The numbers of the histories that a part plays. */
function numbersOf(part: number, parts: number): readonly number[] {
  return Array.from({ length: histories }, (_, i) => i).filter((i) => i % parts === part);
}

function inProcess(part: number, parts: number): Promise<Part> {
  const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--part', `${part}/${parts}`]);
  return new Promise((resolve, reject) => {
    child.on('message', (message) => resolve(message as Part));
    child.on('error', reject);
    // After its last message has been read.
    child.on('disconnect', () => reject(new Error(`Part ${part} ended before it said what it found.`)));
  });
}

async function main(): Promise<void> {
  if (values.part !== undefined) {
    const [part = 0, parts = 1] = values.part.split('/').map(Number);
    const found = await play(numbersOf(part, parts));
    process.send?.(found, undefined, undefined, () => process.disconnect());
    return;
  }
  const begun = performance.now();
  const parts = Math.min(availableParallelism(), histories);
  const played =
    values.history === undefined
      ? await Promise.all(Array.from({ length: parts }, (_, part) => inProcess(part, parts)))
      : [await play([Number(values.history)])];
  const total = newTally();
  for (const { tally } of played) add(total, tally);
  const seconds = (performance.now() - begun) / 1000;
  const kept = values['no-shrink'] ? [] : played.flatMap(({ failures }) => failures);
  const abouts = new Map(kept.map((failure) => [failure.finding.about, failure]));
  for (const failure of [...abouts.values()].slice(0, 8)) console.log(`${await reproduction(seed, failure, 300)}\n`);
  const { cases, staleHits, unexplainedMisses, unneededRuns, broken, ...more } = total;
  const figures = { cases, staleHits, unexplainedMisses, unneededRuns, broken };
  console.log(
    JSON.stringify({
      ...figures,
      ...more,
      seed,
      seconds: Math.round(seconds),
      msPerCase: Math.round((1000 * seconds) / cases),
    }),
  );
  if (staleHits + unexplainedMisses + broken > 0) process.exitCode = 1;
}

await main();
