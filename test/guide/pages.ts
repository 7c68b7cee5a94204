import { readFile, readdir } from 'node:fs/promises';

/** What a page of the guide asks to be run, and what it says that is printed. */
export interface Page {
  readonly name: string;
  /** The TypeScript blocks, joined: they make one script. */
  readonly script: string;
  /** The JavaScript blocks: a script each, an ES module where it imports, else CommonJS. */
  readonly javascript: readonly string[];
  /** Lines that the page shows as output. */
  readonly printed: readonly string[];
}

const block = /<!-- (run|prints) -->\s*```(ts|js|text)\n(.*?)```/gs;

/** The pages of a folder, in the order of their names. */
export async function pagesOf(folder: URL): Promise<readonly Page[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort();
  return Promise.all(names.map(async (name) => page(name, await readFile(new URL(name, folder), 'utf8'))));
}

function page(name: string, text: string): Page {
  const blocks = Array.from(text.matchAll(block), ([, does, language, code = '']) => ({ does, language, code }));
  const run = (language: string): readonly string[] =>
    blocks.filter((each) => each.does === 'run' && each.language === language).map(({ code }) => code);
  return {
    name: name.replace(/\.md$/, ''),
    script: run('ts').join('\n'),
    javascript: run('js'),
    printed: blocks.filter(({ does }) => does === 'prints').flatMap(({ code }) => linesOf(code)),
  };
}

/** Lines without what differs from machine to machine: figures with a decimal point, digests, what a quick call took, space at the ends. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split('\n').map((line) =>
    line
      .trim()
      .replaceAll(/, had taken [^)]*(?=\))/g, '')
      .replaceAll(/[0-9a-f]{8}\b/g, '#')
      .replaceAll(/-?\d+\.\d+(e[-+]?\d+)?/g, '#'),
  );
  return lines.filter((line) => line !== '');
}
