import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LrCurve, plotLr } from 'reprise';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/session.js';

const curve = {
  lrs: Float64Array.of(1e-4, 1e-3, 1e-2, 1e-1),
  losses: Float64Array.of(2, 1.5, 0.9, 3),
  smoothed: Float64Array.of(2, 1.6, 1.1, 2),
  suggestion: 1e-3,
} as unknown as LrCurve;

test('a curve is drawn as SVG and written where a path is given', async () => {
  const path = join(await temporaryFolder(), 'lr.svg');
  const svg = await plotLr(curve, { svg: path, terminal: false });
  expect(svg).toContain('suggestion');
  expect(await readFile(path, 'utf8')).toBe(svg);
});

test('what is no curve, and where no file can be, are said', async () => {
  await expect(plotLr(undefined as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  const nowhere = join(await temporaryFolder(), 'none', 'lr.svg');
  await expect(plotLr(curve, { svg: nowhere, terminal: false })).rejects.toMatchObject({ code: 'FILE_IO' });
});
