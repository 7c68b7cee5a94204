import { isPlainObject } from '../options/index.js';
import type { NetDescription } from '../ports/engine.js';
import type { Fields } from '../replay/fields.js';
import type { Plain } from '../values/plain.js';

/** What tells people what a net is made of, by path: `net.hidden.weight`. */
export function netOutline({ engine, parameters: specs, outline }: NetDescription): Fields {
  const parameters = new Map(specs.map(({ name, dtype, shape }) => [name, `${dtype} [${shape.join(', ')}]`] as const));
  const layers = Object.entries(outline).map(
    ([name, value]) => [parameters.has(name) ? `${name} (layer)` : name, value] as const,
  );
  return {
    engine,
    ...Object.fromEntries([...parameters, ...layers].map(([name, value]) => [`net.${name}`, value])),
  };
}

/** What was handed to its builder, by path: `hparams.width`. */
export function hparamsOutline(hparams: Plain): Fields {
  const given = isPlainObject(hparams) ? Object.entries(hparams) : hparams === null ? [] : [['', hparams] as const];
  return Object.fromEntries(given.map(([name, value]) => [name === '' ? 'hparams' : `hparams.${name}`, value]));
}
