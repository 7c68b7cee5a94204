import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@reprise/store';
import { damageOf } from './damage.js';
import { Copy, type Ended, type Files, readFiles } from './fixture.js';
import { knownOf, observe } from './observe.js';
import { newTally, type Tally } from './tally.js';
import { type Original, trial } from './trial.js';

/** One of so many cases goes on to run the script on the damaged store, and to mend it. */
const deepEvery = 5;

/** Damages copies of the fixtures in a folder, one after another. After each case, it is told with its tally. */
export async function campaign(
  fixtures: string,
  seed: number,
  numbers: readonly number[],
  told: (number: number, tally: Tally, findings: readonly string[]) => void,
): Promise<void> {
  const outcome = await readFile(join(fixtures, 'outcome'), 'utf8');
  const files: Readonly<Record<Ended, Files>> = {
    closed: await readFiles(join(fixtures, 'closed')),
    killed: await readFiles(join(fixtures, 'killed')),
  };
  const copies = { closed: await Copy.of(files.closed), killed: await Copy.of(files.killed) };
  const originals = {
    closed: await originalOf(copies.closed, outcome),
    killed: await originalOf(copies.killed, outcome),
  };
  try {
    for (const number of numbers) {
      const damage = damageOf(seed, number, files);
      const tally = newTally();
      const findings: string[] = [];
      const where = `case ${number} (${damage.file} of a ${damage.ended} store, ${damage.what})`;
      const deep = number % deepEvery === 0;
      await trial(damage, deep, copies[damage.ended], originals[damage.ended], tally, (finding) =>
        findings.push(`${where}: ${finding}`),
      );
      told(number, tally, findings);
    }
  } finally {
    await copies.closed.remove();
    await copies.killed.remove();
  }
}

async function originalOf(copy: Copy, outcome: string): Promise<Original> {
  const store = await openStore(copy.folder);
  const known = await knownOf(store);
  const seen = await observe(store, known);
  const { damages } = await store.upkeep.verify({ full: true });
  await store.close();
  await copy.restoreAll();
  const bad = [...seen].find(([, said]) => said instanceof Error);
  if (bad !== undefined || damages.length > 0)
    throw new Error(`The fixture is damaged: ${JSON.stringify([bad, damages])}`);
  return { known, seen, outcome };
}
