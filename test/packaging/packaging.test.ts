import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installRelease, releasesAvailable } from '../nodes/release.js';
import type { NodeRelease } from '../nodes/release.js';
import { asCommonJs } from './common-js.js';
import { createConsumer, must, packAll, removeFolder, root, run, userEnv } from './consumer.js';
import { codeFiles, installedPackages } from './readme.js';
import type { CodeFile } from './readme.js';

const minutes = 60_000;
const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>;
};

const names = [
  'reprise',
  '@reprise/core',
  '@reprise/core/inspect',
  '@reprise/core/training',
  '@reprise/store',
  '@reprise/onnx',
  '@reprise/plot',
  '@reprise/formats',
];
/** Says how many names each package exports. */
const imports: CodeFile = {
  name: 'imports.ts',
  script: true,
  code: [
    ...names.map((name, index) => `import * as p${index} from '${name}';`),
    `const found = [${names.map((_, index) => `p${index}`).join(', ')}];`,
    `console.log('exports:', found.map((exported) => Object.keys(exported).length > 0).join(' '));`,
  ].join('\n'),
};
const page = new URL('../../README.md', import.meta.url);
const readme = await codeFiles(page);
const installed = await installedPackages(page);
const compiler = {
  target: 'ES2022',
  module: 'NodeNext',
  strict: true,
  // DOM: onnxruntime's declarations name its types.
  lib: ['ES2023', 'DOM'],
  types: ['node'],
  outDir: 'js',
  rootDir: '.',
};

it('the README has a script to copy', () => {
  expect(readme.filter(({ script }) => script)).not.toEqual([]);
});

const targets = [
  { node: '20.20.2', npm: '11.19.1', scripts: false, opens: false },
  { node: '20.20.2', npm: '11.19.1', scripts: true, opens: true },
  { node: '24.21.0', npm: '12.2.0', scripts: false, opens: true },
  { node: '24.21.0', npm: '12.2.0', scripts: true, opens: true },
];

let tarballs: ReadonlyMap<string, string>;
beforeAll(async () => {
  tarballs = await packAll();
}, 2 * minutes);
afterAll(async () => {
  for (const tarball of tarballs.values()) await removeFolder(dirname(tarball));
});

describe.skipIf(!releasesAvailable).each(targets)(
  'on Node $node with npm $npm, install scripts: $scripts',
  (target) => {
    let release: NodeRelease;
    let folder: string;

    beforeAll(async () => {
      release = await installRelease(target.node);
      const wanted = ['typescript', '@types/node', ...installed];
      const packages = Object.fromEntries(wanted.map((name) => [name, devDependencies[name] ?? '*']));
      folder = await createConsumer({ release, npm: target.npm, scripts: target.scripts, tarballs, packages });
      const files = [imports, ...readme];
      for (const { name, code } of files) await writeFile(join(folder, name), code);
      const config = { compilerOptions: compiler, files: files.map(({ name }) => name) };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    }, 10 * minutes);
    afterAll(async () => {
      if (folder !== undefined) await removeFolder(folder);
    });

    const shell = (): { cwd: string; env: NodeJS.ProcessEnv } => ({ cwd: folder, env: userEnv(release) });
    const fresh = (): Promise<void> => removeFolder(join(folder, '.reprise'));
    /** Runs a script, which works where the store can open, and is told what to install where it can't. */
    const expectToRun = async (command: string, args: readonly string[], says = ''): Promise<void> => {
      const { code, output } = await run(command, args, shell());
      if (target.opens) expect(output).toContain(says);
      if (target.opens) expect(code, output).toBe(0);
      else expect([code !== 0, output.includes('[INSTALL]')], output).toEqual([true, true]);
    };

    it('installs one copy of each package', async () => {
      const listed = await readdir(join(folder, 'node_modules'), { recursive: true });
      const core = listed.filter((path) => /(^|\/)@reprise\/core\/package\.json$/.test(path));
      expect(core).toEqual(['@reprise/core/package.json']);
    });

    it(
      'type-checks and compiles the scripts',
      async () => {
        await must('node_modules/.bin/tsc', [], shell());
        for (const { name } of [imports, ...readme]) {
          const base = name.replace(/\.ts$/, '');
          const module = await readFile(join(folder, 'js', `${base}.js`), 'utf8');
          await writeFile(join(folder, `${base}.js`), module);
          await writeFile(join(folder, `${base}.cjs`), asCommonJs(module));
        }
      },
      minutes,
    );

    it.each([
      ['TypeScript', 'node_modules/.bin/tsx', 'imports.ts'],
      ['JavaScript, import', 'node', 'imports.js'],
      ['JavaScript, require', 'node', 'imports.cjs'],
    ])(
      'imports every package: %s',
      async (_, command, file) => {
        expect(await must(command, [file], shell())).toContain(`exports: ${names.map(() => 'true').join(' ')}\n`);
      },
      minutes,
    );

    describe.each(readme.filter(({ script }) => script).map(({ name }) => name))('%s', (name) => {
      it(
        'runs as TypeScript',
        async () => {
          await fresh();
          await expectToRun('node_modules/.bin/tsx', [name]);
        },
        10 * minutes,
      );

      it(
        'runs as JavaScript with import, on what the TypeScript recorded',
        async () => {
          await expectToRun('node', [name.replace(/ts$/, 'js')], 'replayed, 0 run');
        },
        10 * minutes,
      );

      it(
        'is listed on the command line',
        async () => {
          const { code, output } = await run('node_modules/.bin/reprise', ['ls'], shell());
          // Where no store can open, none was made.
          expect(output).toContain(target.opens ? 'mnist-mlp' : 'There is no store');
          expect(code).toBe(target.opens ? 0 : 1);
          expect(await must('node_modules/.bin/reprise', ['--version'], shell())).toMatch(/^\d+\.\d+\.\d+/);
        },
        minutes,
      );

      it(
        'runs as JavaScript with require',
        async () => {
          await fresh();
          await expectToRun('node', [name.replace(/ts$/, 'cjs')]);
        },
        10 * minutes,
      );
    });
  },
);
