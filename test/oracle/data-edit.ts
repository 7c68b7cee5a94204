import type { Generator } from './generate.js';
import { slots } from './script.js';
import type { DataSpec, Script } from './script.js';

/** Changes one of the datasets, at one place of what it is made of. */
export function dataEdit(make: Generator, script: Script): Script {
  const { random } = make;
  const slot = random.pick(slots);
  const change = (spec: DataSpec): DataSpec => {
    if (spec.kind !== 'line' && random.chance(0.4)) return { ...spec, of: change(spec.of) };
    switch (spec.kind) {
      case 'line':
        return random.chance(0.5) ? { ...spec, shift: random.other([0, 0.5, 1], spec.shift) } : make.line();
      case 'map':
        if (random.chance(0.4)) return { ...spec, style: 1 - spec.style };
        return random.chance(0.5)
          ? { ...spec, by: random.other([0.1, 0.5, 0.7], spec.by) }
          : { ...spec, fn: random.pick(['scale', 'jitter', 'index']) };
      case 'concat':
        return { ...spec, also: change(spec.also) };
      case 'subset':
        return { ...spec, end: random.other([4, 5, 6], spec.end) };
      case 'split':
        return random.chance(0.5) ? { ...spec, seed: 1 - spec.seed } : { ...spec, part: spec.part === 0 ? 1 : 0 };
    }
  };
  const spec = random.chance(0.3) ? make.data(2) : change(script.data[slot]);
  return { ...script, data: { ...script.data, [slot]: spec } };
}
