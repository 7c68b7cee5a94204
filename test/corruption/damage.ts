import { rm, writeFile } from 'node:fs/promises';
import { Random } from '../oracle/random.js';
import type { Copy, Ended, Files } from './fixture.js';

/** One file of a store, and what becomes of its bytes; undefined: the file goes. */
export interface Damage {
  readonly ended: Ended;
  readonly file: string;
  readonly what: string;
  readonly bytes: Uint8Array | undefined;
}

/** The damage of a case: it follows from the seed and the number. */
export function damageOf(seed: number, number: number, fixtures: Readonly<Record<Ended, Files>>): Damage {
  const random = new Random(seed, `corruption/${number}`);
  const ended = random.chance(0.25) ? 'killed' : 'closed';
  const files = fixtures[ended];
  const blobs = [...files.keys()].filter((name) => name.startsWith('blobs/'));
  const file = random.weighted<() => string>([
    [11, () => 'log.db'],
    [ended === 'killed' ? 20 : 0, () => 'log.db-wal'],
    [5, () => random.pick(blobs)],
    [1, () => 'format.json'],
  ])();
  const bytes = files.get(file);
  if (bytes === undefined) throw new Error(`The fixture has no ${file}.`);
  return { ended, file, ...damaged(bytes, random) };
}

function damaged(bytes: Uint8Array, random: Random): Pick<Damage, 'what' | 'bytes'> {
  const kind = random.weighted<'flip' | 'flips' | 'cut' | 'empty' | 'delete'>([
    [70, 'flip'],
    [15, 'flips'],
    [11, 'cut'],
    [2, 'empty'],
    [2, 'delete'],
  ]);
  if (kind === 'delete') return { what: 'deleted', bytes: undefined };
  if (kind === 'empty') return { what: 'cut to 0 bytes', bytes: new Uint8Array() };
  if (kind === 'cut') {
    const length = random.below(bytes.byteLength);
    return { what: `cut to ${length} bytes`, bytes: bytes.slice(0, length) };
  }
  const changed = bytes.slice();
  const said: string[] = [];
  // Several are near one another, as where a sector was written badly.
  const from = somewhere(bytes, random);
  for (let left = kind === 'flip' ? 1 : random.between(2, 16); left > 0; left--) {
    const at = kind === 'flip' ? from : Math.min(from + random.below(64), bytes.byteLength - 1);
    const bit = random.below(8);
    changed[at] = (changed[at] as number) ^ (1 << bit);
    said.push(`${at}.${bit}`);
  }
  return { what: `flipped ${said.join(' ')}`, bytes: changed };
}

const page = 4096;

/** Where something is written on a page, as far as that is found: half of a log is empty, and the small tables have a page each. */
function somewhere(bytes: Uint8Array, random: Random): number {
  const begin = random.below(Math.ceil(bytes.byteLength / page)) * page;
  const size = Math.min(page, bytes.byteLength - begin);
  let at = begin + random.below(size);
  for (let tries = 16; tries > 0 && bytes[at] === 0; tries--) at = begin + random.below(size);
  return at;
}

/** Does it to a copy of the fixture. */
export async function inflict({ file, bytes }: Damage, copy: Copy): Promise<void> {
  await rm(copy.path(file), { force: true });
  if (bytes !== undefined) await writeFile(copy.path(file), bytes);
}
