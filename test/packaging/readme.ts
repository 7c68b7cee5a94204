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

/** The packages that the files import, `reprise`'s own and Node's modules left out. */
export function foreignPackages(files: readonly CodeFile[]): readonly string[] {
  const names = files.flatMap(({ code }) =>
    Array.from(code.matchAll(/from '([^.'][^']*)'/g), ([, name]) => name ?? ''),
  );
  const foreign = names.filter((name) => !/^(node:|reprise$|@reprise\/)/.test(name));
  return [...new Set(foreign.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')))];
}
