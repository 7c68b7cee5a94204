import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// The parts that the package splits the font into; together, all that it has.
const latin = 'latin';
const others = ['latin-ext', 'greek', 'greek-ext', 'cyrillic', 'cyrillic-ext', 'vietnamese'];

/** The files of the font Inter that a text can be written with: it comes from npm, so that pictures look the same on a machine without fonts. */
export async function fontsFor(text: string): Promise<readonly Uint8Array[]> {
  const { resolve } = createRequire(import.meta.url);
  const files = join(dirname(resolve('@fontsource-variable/inter/package.json')), 'files');
  // The first part has Latin 1, punctuation and the minus sign.
  const parts = /[^\u0000-\u00FF\u2000-\u206F\u2212]/u.test(text) ? [latin, ...others] : [latin];
  return Promise.all(parts.map((part) => readFile(join(files, `inter-${part}-wght-normal.woff2`))));
}
