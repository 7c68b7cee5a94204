import { join } from 'node:path';
import type { Figure } from '../harness/figures.js';
import type { Flags } from '../harness/flags.js';
import { inTemporaryFolder } from '../harness/folder.js';
import { manyFigures } from './many.js';
import { scriptFigures } from './script.js';

/** What it costs to run a script again. */
export function replayBench(flags: Flags): Promise<Figure[]> {
  const rounds = flags.number('--rounds', 15);
  return inTemporaryFolder(async (folder) => [
    ...(await scriptFigures(join(folder, 'script'), rounds)),
    ...manyFigures('cached', join(folder, 'many'), rounds),
    ...manyFigures('train', join(folder, 'many'), rounds),
    ...manyFigures('data', join(folder, 'many'), rounds),
  ]);
}
