import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
const execute = promisify(execFile);

/** What runs a script. */
export type Runner = 'tsx' | 'tsc' | 'node';

/** Whether this Node runs TypeScript by itself, unasked. */
export const stripsTypes: boolean = (process.features as { readonly typescript?: unknown }).typescript === 'strip';

/** One replacement that a person makes in a text. */
export type Edit = readonly [from: string, to: string];

/** What a run of a script printed, and the object that it printed as JSON. */
export interface Ran<T> {
  readonly value: T;
  readonly output: string;
}

/** A script in a folder of its own, inside the workspace so that it finds the packages; run as processes of its own. */
export class Script {
  readonly folder: string;
  readonly #source: string;

  private constructor(folder: string, source: string) {
    this.folder = folder;
    this.#source = source;
  }

  static async open(path: URL): Promise<Script> {
    // Not in node_modules: Node strips no types there.
    const cache = join(root, '.cache', 'scripts');
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, 'script-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    return new Script(folder, await readFile(path, 'utf8'));
  }

  /** Runs the edited script with tsx; compiled by tsc, with Node alone; or with Node as it is, which takes the types away itself. */
  async run<T>(
    edits: readonly Edit[] = [],
    options: { runner?: Runner; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Ran<T>> {
    const { runner = 'tsx', env = {} } = options;
    await writeFile(join(this.folder, 'script.ts'), edits.reduce(apply, this.#source));
    const at = { cwd: this.folder, env: { ...process.env, ...env } };
    if (runner === 'tsc') {
      const flags = [
        '--ignoreConfig',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--lib',
        'es2023',
        '--types',
        'node',
        '--skipLibCheck',
      ];
      await execute(bin('tsc'), ['script.ts', '--outDir', 'js', ...flags], at);
    }
    const args = { tsx: ['--import', 'tsx', 'script.ts'], tsc: ['js/script.js'], node: ['script.ts'] }[runner];
    const { stdout } = await execute(process.execPath, args, at);
    const json = stdout.split('\n').find((line) => line.startsWith('{'));
    if (json === undefined) throw new Error(`The script printed no object:\n${stdout}`);
    return { value: JSON.parse(json) as T, output: stdout };
  }
}

function apply(text: string, [from, to]: Edit): string {
  if (!text.includes(from)) throw new Error(`The script has no '${from}' to edit.`);
  return text.replaceAll(from, to);
}
