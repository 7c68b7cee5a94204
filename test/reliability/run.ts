/**
 * `pnpm reliability`: runs the long form of every suite, and writes docs/reliability.md from what they print. `--only crash` runs one suite (several:
 * `--only crash,bench`) and keeps the figures of the others, which lie in docs/reliability.json; `--page` writes the page alone.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { page } from './page.js';
import { play } from './play.js';
import type { Result, Results } from './result.js';
import { suites } from './suites.js';

const { values } = parseArgs({
  options: { only: { type: 'string' }, page: { type: 'boolean', default: false } },
});
const root = fileURLToPath(new URL('../../', import.meta.url));
const [kept, written] = ['reliability.json', 'reliability.md'].map((name) => join(root, 'docs', name)) as [
  string,
  string,
];
const template = readFileSync(new URL('template.md', import.meta.url), 'utf8');
const only = values.only?.split(',');
const unknown = only?.filter((name) => suites.every((suite) => suite.name !== name)) ?? [];
if (unknown.length > 0) {
  throw new Error(`There is no suite '${unknown[0]}': there are ${suites.map(({ name }) => name).join(', ')}.`);
}

const results = new Map<string, Result>(
  existsSync(kept) ? Object.entries(JSON.parse(readFileSync(kept, 'utf8')) as Results) : [],
);
for (const suite of values.page ? [] : suites) {
  if (only !== undefined && !only.includes(suite.name)) continue;
  console.log(`\n=== ${suite.name}`);
  results.set(suite.name, await play(root, suite));
  // After each: a run takes long, and may be ended.
  write();
}
write();

function write(): void {
  const ordered = suites.flatMap(({ name }) => {
    const result = results.get(name);
    return result === undefined ? [] : [[name, result] as const];
  });
  const all = Object.fromEntries(ordered);
  writeFileSync(kept, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(written, page(template, suites, all));
}
