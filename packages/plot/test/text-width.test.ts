import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Renderer } from '@takumi-rs/wasm/node';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textWidth } from '../src/svg/text-width.js';

const { resolve } = createRequire(import.meta.url);
const folders = {
  inter: dirname(resolve('@fontsource-variable/inter/package.json')),
  dejavu: dirname(resolve('@fontsource/dejavu-sans/package.json')),
};

/** What a renderer of texts makes of a line in a font. */
async function measuring(file: string): Promise<(text: string, size: number, weight: number) => Promise<number>> {
  const renderer = new Renderer();
  const bold = file.replace('400', '700');
  for (const [path, weight] of [[file, 400], ...(bold === file ? [] : [[bold, 700] as const])] as const) {
    await renderer.registerFont({ name: 'Measured', data: await readFile(path), weight });
  }
  return async (text, size, weight) => {
    const style = { fontFamily: 'Measured', fontSize: size, fontWeight: weight, whiteSpace: 'pre' } as const;
    const { runs, children } = await renderer.measure({ type: 'text', text, style });
    const found = runs.length > 0 ? runs : children.flatMap((child) => child.runs);
    return Math.max(0, ...found.map((run) => run.x + run.width));
  };
}

const inter = await measuring(join(folders.inter, 'files', 'inter-latin-wght-normal.woff2'));
const dejavu = await measuring(join(folders.dejavu, 'files', 'dejavu-sans-latin-400-normal.woff2'));
const words = fc.stringMatching(/^[!-~]{1,12}( [!-~]{1,12}){0,3}$/);

test.each([
  ['Inter', inter, 1.4],
  ['DejaVu Sans', dejavu, 1.12],
] as const)('a line in %s takes no more pixels than are left for it, and not many less', async (_, measure, slack) => {
  await fc.assert(
    fc.asyncProperty(words, fc.constantFrom(400, 600), async (text, weight) => {
      const left = textWidth(text, 12, weight === 600);
      const taken = await measure(text, 12, weight);
      expect(taken).toBeGreaterThan(0);
      expect(taken).toBeLessThanOrEqual(left + 0.5);
      if (text.length > 20 && weight === 400) expect(left).toBeLessThan(taken * slack);
    }),
    { numRuns: 150 },
  );
});

test('letters of other scripts are given room', async () => {
  const cyrillic = await measuring(join(folders.inter, 'files', 'inter-cyrillic-wght-normal.woff2'));
  const text = 'Точность';
  expect(await cyrillic(text, 12, 400)).toBeLessThanOrEqual(textWidth(text, 12));
  expect(textWidth('精度', 12)).toBeGreaterThanOrEqual(24);
});
