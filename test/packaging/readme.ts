import { readFile } from 'node:fs/promises';

/** A code block of a page that stands for a file. */
export interface CodeFile {
  readonly name: string;
  readonly code: string;
  /** Whether the page tells people to run it; other files are imported by those. */
  readonly script: boolean;
}

const block = /<!-- (file|script): ([\w.-]+) -->\s*```ts\n(.*?)```/gs;

/** The blocks that `<!-- script: name.ts -->` or `<!-- file: name.ts -->` stands directly above. */
export async function codeFiles(page: URL): Promise<readonly CodeFile[]> {
  const text = await readFile(page, 'utf8');
  return Array.from(text.matchAll(block), ([, kind, name, code]) => ({
    name: name ?? '',
    code: code ?? '',
    script: kind === 'script',
  }));
}

/** The packages that the page's first `npm i` installs beside `reprise`'s own. */
export async function installedPackages(page: URL): Promise<readonly string[]> {
  const line = /^npm i (.+)$/m.exec(await readFile(page, 'utf8'))?.[1] ?? '';
  return line.split(' ').filter((name) => name !== 'reprise' && !name.startsWith('@reprise/'));
}
