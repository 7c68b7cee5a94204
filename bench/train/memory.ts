import { atMost, type Figure, number } from '../harness/figures.js';
import { Worker } from '../harness/worker.js';

/** Epochs of 938 steps. */
const warmUp = 2;
const measured = 11;
const bar = 30;

/** Resident memory over more than 10,000 steps of the MLP, once it has warmed up. */
export async function memoryFigures(): Promise<Figure[]> {
  const worker = await Worker.node(new URL('contenders/memory.ts', import.meta.url), [], ['--expose-gc']);
  try {
    const resident: number[] = [];
    for (let epoch = 0; epoch < warmUp + measured; epoch++) {
      await worker.turn();
      resident.push(Number(worker.note));
    }
    const begun = resident[warmUp - 1]!;
    const ended = resident.at(-1)!;
    const note = `from ${number(begun)} to ${number(ended)} MB, ${number(measured * 938)} steps`;
    return [atMost(bar, 'growth of resident memory, MB', ended - begun, note)];
  } finally {
    await worker.end();
  }
}
