import { atMost, type Figure, number } from '../harness/figures.js';
import { median } from '../harness/turns.js';
import { runScript } from './process.js';

interface Printed {
  readonly answers: Readonly<Record<string, number>>;
  readonly milliseconds: number;
}

/** A thousand recorded ops, replayed in a process that has just begun: the time of the calls alone. */
export function manyFigures(kind: 'cached' | 'train', store: string, rounds: number): Figure[] {
  console.log(`Recording 1,000 ${kind} ops …`);
  const { milliseconds: recording } = run(kind, store);
  const times = Array.from({ length: rounds }, () => {
    const { answers, milliseconds } = run(kind, store);
    if (answers['hit'] === 1_000) return milliseconds;
    throw new Error(`1,000 ${kind} ops should be replayed, and this happened: ${JSON.stringify(answers)}.`);
  });
  const note = `${number(Math.min(...times))} to ${number(Math.max(...times))}; recording them took ${number(recording)} ms`;
  return [atMost(100, `1,000 recorded ${kind} ops replayed, ms`, median(times), note)];
}

function run(kind: string, store: string): Printed {
  return runScript(new URL('many.mjs', import.meta.url), store, [kind]).value as Printed;
}
