import { readFile, readdir } from 'node:fs/promises';

/** What a page of the guide asks to be run, and what it says that is printed. */
export interface Page {
  readonly name: string;
  readonly scripts: readonly { readonly file: string; readonly code: string }[];
  /** Lines that the page shows as output. */
  readonly printed: readonly string[];
}

const block = /<!-- (run|prints) -->\s*```(ts|js|text)\n(.*?)```/gs;

/** The pages of a folder that have something to run, in the order of their names. */
export async function pagesOf(folder: URL): Promise<readonly Page[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort();
  const pages = await Promise.all(
    names.map(async (name) => page(name.replace(/\.md$/, ''), await readFile(new URL(name, folder), 'utf8'))),
  );
  return pages.filter(({ scripts }) => scripts.length > 0);
}

/** The TypeScript blocks of a page make one script; a JavaScript block is one by itself, an ES module where it imports, else CommonJS. */
function page(name: string, text: string): Page {
  const blocks = Array.from(text.matchAll(block), ([, does, language, code = '']) => ({ does, language, code }));
  const run = (language: string): readonly string[] =>
    blocks.filter((each) => each.does === 'run' && each.language === language).map(({ code }) => code);
  const typed = run('ts').join('\n');
  const scripts = run('js').map((code, at) => ({
    file: `script${at}.${/^import /m.test(code) ? 'mjs' : 'cjs'}`,
    code,
  }));
  return {
    name,
    scripts: typed === '' ? scripts : [{ file: 'script.ts', code: typed }, ...scripts],
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
