import type { Figure } from '../harness/figures.js';
import type { Flags } from '../harness/flags.js';
import { inTemporaryFolder } from '../harness/folder.js';
import { throughputFigures } from './throughput.js';
import { snapshotFigures } from './snapshot.js';

/** What storing and reading states costs. */
export function storeBench(flags: Flags): Promise<Figure[]> {
  const rounds = flags.number('--rounds', 7);
  return inTemporaryFolder(async (folder) => [
    ...(await snapshotFigures(folder, rounds)),
    ...(await throughputFigures(folder, rounds)),
  ]);
}
