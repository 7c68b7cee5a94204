import { edited } from './edits.js';
import { Generator } from './generate.js';
import type { Step } from './life.js';
import { Random } from './random.js';
import { repaired } from './repaired.js';
import { sane } from './sane.js';
import type { Script } from './script.js';

/** A random script and what a person does to it: a function of its arguments. */
export function history(seed: number, number: number, length: number): readonly Step[] {
  const random = new Random(seed, `history ${number}`);
  const make = new Generator(random);
  const versions: Script[] = [sane(repaired(make.script()))];
  const steps: Step[] = [
    { script: versions[0] as Script, edit: 'the first version', how: 'rerun', at: 0, slow: false },
  ];
  while (steps.length < length) {
    const present = (steps.at(-1) as Step).script;
    const { script, name } = next(make, versions, present);
    versions.push(script);
    const how = random.weighted([
      [12, 'rerun'],
      [3, 'error'],
      [3, 'fork'],
      [1, 'accept'],
      [1, 'settle'],
      [2, 'abort'],
      [1, 'death'],
      [1, 'forget'],
    ] as const);
    const at = random.below(how === 'forget' ? 4 : 16);
    steps.push({ script, edit: name, how, at, slow: random.chance(0.2) });
  }
  return steps;
}

function next(
  make: Generator,
  versions: readonly Script[],
  present: Script,
): { readonly script: Script; readonly name: string } {
  const { random } = make;
  if (random.chance(0.08)) return { script: present, name: 'nothing' };
  if (random.chance(0.2)) return { script: random.pick(versions), name: 'back to an earlier version' };
  const once = edited(make, present);
  return random.chance(0.15) ? edited(make, once.script) : once;
}
