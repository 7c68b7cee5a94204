import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callback, mse, openModel, sgd } from '@reprise/core';
import { openStore } from '@reprise/store';
import { decode } from 'fast-png';
import { type LrCurve, plotLr } from 'reprise';
import { describe, expect, test } from 'vitest';
import { line, temporaryFolder } from '../../../test/support/session.js';
import { toyEngine } from '../../../test/support/toy-engine.js';
import { nodeHost } from '../src/host/node-host.js';
import { plotter } from '../src/plots.js';

const curve = {
  lrs: Float64Array.of(1e-4, 1e-3, 1e-2, 1e-1),
  losses: Float64Array.of(2, 1.5, 0.9, 3),
  smoothed: Float64Array.of(2, 1.6, 1.1, 2),
  suggestion: 1e-3,
  suggestions: { valley: 1e-3, steep: 2e-3, minimum: 1e-2 },
  stopped: 'steps',
} as const satisfies LrCurve;

describe('plotLr', () => {
  test('a curve is drawn as SVG and PNG, and written where paths are given', async () => {
    const folder = await temporaryFolder();
    const files = { svg: join(folder, 'lr.svg'), png: join(folder, 'lr.png') };
    const svg = await plotLr(curve, { ...files, terminal: false });
    expect(svg).toContain('valley 1e-3');
    expect(await readFile(files.svg, 'utf8')).toBe(svg);
    expect(decode(await readFile(files.png)).width).toBe(1600);
  });

  test('several curves are drawn in one picture, with all suggestions where they are asked for', async () => {
    const svg = await plotLr({ sgd: curve, adam: curve }, { terminal: false, suggestions: ['valley', 'minimum'] });
    for (const text of ['>sgd<', '>adam<', 'sgd: valley 1e-3', 'adam: minimum 0.01']) expect(svg).toContain(text);
  });

  test('what is no curve, what is no option, and where no file can be, are said before anything is written', async () => {
    const folder = await temporaryFolder();
    await expect(plotLr(undefined as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(plotLr({})).rejects.toThrow(/or several of that by name, such as \{ sgd, adam \}/);
    await expect(plotLr({ sgd: curve, adam: 3 as never })).rejects.toThrow(/the curve 'adam' must be what findLr/);
    await expect(plotLr({ lrs: [], losses: [] } as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(plotLr(curve, { suggestions: ['valey'] as never })).rejects.toThrow(/"valley" or "steep"/);
    await expect(plotLr(curve, { svg: join(folder, 'lr.png') })).rejects.toThrow(/the option is png/);
    const svg = join(folder, 'there.svg');
    const nowhere = join(folder, 'none', 'lr.png');
    await expect(plotLr(curve, { svg, png: nowhere, terminal: false })).rejects.toThrow(/no folder .*none\. Make it/);
    await expect(plotLr(curve, { svg, png: nowhere, terminal: false })).rejects.toMatchObject({ code: 'FILE_IO' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('a folder in the place of the file, and a file in the place of the folder, are said', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file.svg'), '');
    const host = nodeHost();
    await expect(host.checkWritable!(folder)).rejects.toThrow(/it is a folder/);
    await expect(host.checkWritable!(join(folder, 'file.svg', 'lr.svg'))).rejects.toThrow(/there is no folder/);
    await host.checkWritable!(join(folder, 'file.svg'));
    await host.checkWritable!(join(folder, 'new.svg'));
    expect(await readdir(folder)).toEqual(['file.svg']);
  });
});

test('plotMetrics draws checkpoints beside each other, and what callbacks log, into files', async () => {
  const folder = await temporaryFolder();
  const printed: string[] = [];
  const host = {
    ...nodeHost(),
    output: { write: (text: string) => void printed.push(text), isTerminal: false, columns: 80 },
  };
  const store = await openStore(join(folder, 'store'));
  const engine = toyEngine({ loads: 0, steps: 0, evaluations: 0 });
  const model = await openModel('toy', engine, { hparams: { width: 3 } }, { store, host, plotter, ownsStore: true });
  const data = line(32);
  const doubled = callback('doubled', { onStepEnd: (ctx) => ctx.log('twice', ctx.loss * 2) });
  for (const [id, lr] of [
    [1, 0.05],
    ['fast', 0.2],
  ] as const) {
    await model.checkpoint(id, { from: null }, async (cp) => {
      await cp.setup({ loss: mse(), optimizer: sgd({ lr }) });
      await cp.train(data, data, { epochs: 3, batchSize: 8, callbacks: [doubled], progress: 'silent' });
    });
  }
  printed.length = 0;
  const files = { svg: join(folder, 'run.svg'), png: join(folder, 'run.png') };
  const svg = await model.checkpoint(1).plotMetrics({ ...files, compare: ['fast'] });
  for (const text of ['checkpoints 1, fast', '>loss<', '>twice<', '>learning rate<', '>val<', '>train<']) {
    expect(svg).toContain(text);
  }
  expect(await readFile(files.svg, 'utf8')).toBe(svg);
  const png = decode(await readFile(files.png));
  expect([png.width, png.height]).toEqual(
    /width="(\d+)" height="(\d+)"/
      .exec(svg)!
      .slice(1)
      .map((side) => 2 * Number(side)),
  );
  expect(printed.join('')).toMatch(/^checkpoints 1, fast \(val\) {3}── 1 {3}·· fast\n/);
  const only = await model.checkpoint('fast').plotMetrics({ terminal: false, metrics: ['twice'] });
  expect(only).toContain('>twice<');
  expect(only).not.toContain('>loss<');
  await model.close();
});
