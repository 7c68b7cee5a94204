import { atMost, type Figure, number } from '../harness/figures.js';
import { median } from '../harness/turns.js';
import { runScript } from './process.js';

interface Printed {
  readonly answers: Readonly<Record<string, number>>;
  readonly milliseconds: number;
  readonly hashing: number;
}

/**
 * A thousand recorded ops, replayed in a process that has just begun: the time of the calls alone, beyond hashing once the data that each of
 * them is given.
 */
export function manyFigures(kind: 'cached' | 'train' | 'data', store: string, rounds: number): Figure[] {
  console.log(`Recording 1,000 ${names[kind]} …`);
  const { milliseconds: recording } = run(kind, store);
  const times = Array.from({ length: rounds }, () => {
    const { answers, milliseconds, hashing } = run(kind, store);
    if (answers['hit'] === 1_000) return kind === 'data' ? milliseconds - hashing : milliseconds;
    throw new Error(`1,000 ${names[kind]} should be replayed, and this happened: ${JSON.stringify(answers)}.`);
  });
  const note = `${number(Math.min(...times))} to ${number(Math.max(...times))}; recording them took ${number(recording)} ms`;
  return [atMost(kind === 'data' ? 150 : 100, `1,000 recorded ${names[kind]} replayed, ms`, median(times), note)];
}

const names = { cached: 'cached ops', train: 'train ops', data: 'ops with 47 MB of data, beyond hashing them once,' };

function run(kind: string, store: string): Printed {
  return runScript(new URL('many.mjs', import.meta.url), store, [kind]).value as Printed;
}
