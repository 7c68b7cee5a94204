// docs/guide/cli.md shows what the command line prints.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { linesOf } from '../../../../test/guide/pages.js';
import { Script } from '../../../../test/support/script.js';
import { callWith } from './support.js';

const page = new URL('../../../../docs/guide/cli.md', import.meta.url);
const execute = promisify(execFile);

/** Something that the page does: an edit of its script, or a command and what that prints. */
type Step = { readonly from: string; readonly to: string } | { readonly command: string; readonly printed: string };

async function stepsOf(text: string): Promise<{ readonly script: string; readonly steps: readonly Step[] }> {
  const [, script = ''] = /<!-- run -->\s*```ts\n(.*?)```/s.exec(text) ?? [];
  const parts = text.matchAll(/<!-- edit: (?<from>.*?) → (?<to>.*?) -->|```console\n(?<console>.*?)```/gs);
  const steps = Array.from(parts, ({ groups = {} }): readonly Step[] => {
    const { from, to, console: shown } = groups;
    if (shown === undefined) return [{ from: from ?? '', to: to ?? '' }];
    return shown
      .split(/^\$ /m)
      .slice(1)
      .map((each) => ({ command: each.split('\n', 1)[0] ?? '', printed: each.slice(each.indexOf('\n') + 1) }));
  });
  return { script, steps: steps.flat() };
}

/** Words of a command line: quotes hold one together. */
function wordsOf(command: string): readonly string[] {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '');
}

/** Lines without times, and without how wide their columns came out. */
function comparable(text: string): readonly string[] {
  const timeless = text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:[\d.]+Z)?/g, 'TIME')
    .replaceAll(/\d+(\.\d+)? (s|B|kB)\b/g, '# $2');
  return linesOf(timeless.replaceAll(/[ \t]+/g, ' ').replaceAll(/[0-9a-f]{64}/g, '#'));
}

/** Whether these are the lines that are shown, where `…` stands for any. */
function shows(shown: readonly string[], lines: readonly string[]): void {
  const pattern = shown.map((line) =>
    line === '…' ? '(.*\n)*?' : `${line.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}\n`,
  );
  const text = lines.map((line) => `${line}\n`).join('');
  if (!new RegExp(`^${pattern.join('')}$`).test(text)) expect(lines).toEqual(shown);
}

async function printedBy(command: string, folder: string): Promise<string> {
  const [, program, ...args] = wordsOf(command);
  if (program === 'reprise') {
    const { out, err } = await callWith(args, { folder });
    return out + err;
  }
  const at = { cwd: folder, env: { ...process.env, REPRISE_STORE: '', NO_COLOR: '1' } };
  const ran = execute(process.execPath, ['--import', 'tsx', ...args], at);
  const { stdout, stderr } = await ran.catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

test('every command of the page prints what the page shows', { timeout: 120_000 }, async () => {
  const text = await readFile(page, 'utf8');
  const { script, steps } = await stepsOf(text);
  const { folder } = await Script.open(page);
  let source = script;
  await writeFile(join(folder, 'points.ts'), source);
  for (const step of steps) {
    if ('from' in step) {
      expect(source).toContain(step.from);
      source = source.replace(step.from, step.to);
      await writeFile(join(folder, 'points.ts'), source);
      continue;
    }
    const printed = await printedBy(step.command, folder);
    shows(comparable(step.printed), comparable(printed.replaceAll(folder, '/home/you/points')));
  }
});
