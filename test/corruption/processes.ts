import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { add, newTally, type Tally } from './tally.js';

/** What a process is given to play. */
export interface Work {
  readonly folder: string;
  readonly seed: number;
  readonly numbers: readonly number[];
}

/** What it says after each case. */
export interface Told {
  readonly number: number;
  readonly tally: Tally;
  readonly findings: readonly string[];
}

/** Cases a process plays before another one takes over. */
const batch = 250;
/** A case that takes longer hangs. */
const longest = 60_000;

/** Plays cases in processes of their own, so many at a time. One that ends in the middle is counted, and the next one goes on behind it. */
export async function playAll(
  folder: string,
  seed: number,
  numbers: readonly number[],
  processes: number,
  report: (finding: string) => void,
): Promise<Tally> {
  const total = newTally();
  const left = Array.from({ length: Math.ceil(numbers.length / batch) }, (_, i) =>
    numbers.slice(i * batch, (i + 1) * batch),
  );
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      let some: readonly number[] = next;
      while (some.length > 0) some = await playSome({ folder, seed, numbers: some }, total, report);
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return total;
}

/** Returns what is left to play. */
async function playSome(work: Work, total: Tally, report: (finding: string) => void): Promise<readonly number[]> {
  const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [], { serialization: 'advanced' });
  let played = 0;
  let watch = watched(child);
  child.on('message', (message) => {
    if ('done' in (message as object)) return;
    const { tally, findings } = message as Told;
    played++;
    add(total, tally);
    for (const finding of findings) report(finding);
    clearTimeout(watch);
    watch = watched(child);
  });
  child.send(work);
  const how = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  clearTimeout(watch);
  if (played === work.numbers.length) return [];
  const at = work.numbers[played] as number;
  if (played === 0 && how === 'exit code 1') throw new Error(`The process that was to play case ${at} never began.`);
  total.cases++;
  total.crashes++;
  total.violations++;
  report(`case ${at}: the process ended with ${how}`);
  return work.numbers.slice(played + 1);
}

function watched(child: ChildProcess): NodeJS.Timeout {
  return setTimeout(() => child.kill('SIGKILL'), longest);
}
