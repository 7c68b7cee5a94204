import { RepriseError } from '../errors/base.js';
import { nearest } from '../options/nearest.js';
import type { StateDicts } from './stateful.js';

/**
 * A state has something that the block doesn't register, and going on without it would lose it.
 * @throws RepriseError `NOT_REGISTERED`
 */
export function refuseUnregistered(states: StateDicts, registered: readonly string[]): void {
  const missing = Object.keys(states).filter((name) => !registered.includes(name));
  const [first] = missing;
  if (first === undefined) return;
  const close = nearest(
    first,
    registered.filter((name) => !(name in states)),
  );
  const list = missing.map((name) => `'${name}'`).join(', ');
  const renamed =
    close === undefined
      ? ''
      : ` Where '${close}' is that under another name: restore: { rename: { ${first}: '${close}' } }.`;
  throw new RepriseError(
    'NOT_REGISTERED',
    `The state that this block goes on from has the state of ${list}, and the block has not registered ${missing.length === 1 ? 'it' : 'them'}. ` +
      `Call cp.register('${first}', …) before train(), or say in setup() what is to become of it: restore: { except: ['${first}'] } leaves it behind, ` +
      `restore: { strict: false } carries it along unused.${renamed}`,
  );
}
