import type { Figure } from '../harness/figures.js';
import type { Flags } from '../harness/flags.js';
import { epochFigures } from './epochs.js';
import { memoryFigures } from './memory.js';
import { updateFigures } from './update.js';

/** How fast training is, beside its peers, and whether its memory stays level. */
export async function trainBench(flags: Flags): Promise<Figure[]> {
  const options = { rounds: flags.number('--rounds', 9), pytorch: flags.has('--with-pytorch') };
  return [
    ...(await epochFigures('mlp', options)),
    ...(await epochFigures('cnn', options)),
    ...(await updateFigures(options.rounds)),
    ...(await memoryFigures()),
  ];
}
