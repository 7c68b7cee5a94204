import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { atMost, type Figure, number, reported } from '../harness/figures.js';
import { inTurn, median } from '../harness/turns.js';
import { runNode, runScript } from './process.js';

interface Printed {
  readonly answers: Readonly<Record<string, number>>;
  readonly loaded: readonly string[];
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** A recorded script as a process of its own, beside a Node that does nothing. */
export async function scriptFigures(store: string, rounds: number): Promise<Figure[]> {
  const first = run(store).printed;
  const ops = Object.values(first.answers).reduce((sum, count) => sum + count, 0);
  const parts: Record<string, number[]> = {};
  const times = await inTurn(
    {
      bare: { turn: () => runNode(['-e', '0']).took },
      replay: {
        turn: () => {
          const { printed, took } = run(store);
          allReplayed(printed, ops);
          for (const [part, spent] of Object.entries(printed.milliseconds)) (parts[part] ??= []).push(spent);
          return took;
        },
      },
    },
    rounds,
  );
  const data = (parts['data'] ?? []).slice(-rounds);
  const beyond = times.replay.map((took, round) => took - times.bare[round]! - data[round]!);
  const where = Object.entries(parts).map(([part, spent]) => `${part} ${number(median(spent))}`);
  console.log(
    `A script of ${ops} ops replayed, and node -e 0: ${number(median(times.replay))} and ${number(median(times.bare))} ms`,
  );
  console.log(`  in the script, ms: ${where.join(', ')}\n`);

  const { loaded } = run(store, ['check']).printed;
  const engine = loaded.filter((path) => path.includes('onnxruntime'));
  // Were a blob read, this run would fail.
  await rm(join(store, 'blobs'), { recursive: true });
  allReplayed(run(store).printed, ops);
  return [
    atMost(150, 'replayed script beyond node -e 0, ms', median(beyond), `${ops} ops, as a process, data aside`),
    reported('  of that, importing the packages, ms', median(parts['imports'] ?? [])),
    atMost(0, 'libraries of onnxruntime that a replay loads', engine.length, `of ${loaded.length} shared objects`),
    atMost(0, 'blobs that a replay reads', 0, 'it ran with all blobs deleted'),
  ];
}

function allReplayed({ answers }: Printed, ops: number): void {
  if (answers['hit'] === ops) return;
  throw new Error(`A second run should replay ${ops} ops, and did this: ${JSON.stringify(answers)}.`);
}

function run(store: string, args: readonly string[] = []): { readonly printed: Printed; readonly took: number } {
  const { value, took } = runScript(new URL('script.mjs', import.meta.url), store, args);
  return { printed: value as Printed, took };
}
