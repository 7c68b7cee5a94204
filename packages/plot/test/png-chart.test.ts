import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { metricsFigure } from '../src/metrics-figure.js';
import { pngChart } from '../src/png/png-chart.js';
import { svgChart } from '../src/svg/svg-chart.js';
import { parseSvg, type Text, textsOf } from './svg.js';

const history = Array.from({ length: 12 }, (_, epoch) => ({
  epoch,
  train: { loss: 3 / (epoch + 1), accuracy: epoch / 12 },
  val: { loss: 4 / (epoch + 1), accuracy: epoch / 15 },
  lr: 0.1,
}));
const figure = metricsFigure([{ history, best: { epoch: 10 } }], { title: 'Genauigkeit Ελλάδα Москва' });
const svg = await svgChart(figure);
const file = await pngChart(svg);
const { width, height, data, channels, depth } = decode(file);

const differs = (x: number, y: number): boolean => {
  const at = (y * width + x) * channels;
  return [0, 1, 2].some((channel) => Number(data[at + channel]) < 160);
};
/** Dark pixels in a box, of which there are four for each of the SVG's. */
function ink({ left, right, top, bottom }: Pick<Text, 'left' | 'right' | 'top' | 'bottom'>): number {
  let count = 0;
  for (let y = Math.floor(top * 2); y < bottom * 2; y++) {
    for (let x = Math.floor(left * 2); x < right * 2; x++) if (differs(x, y)) count++;
  }
  return count;
}

describe('pngChart', () => {
  it('is a PNG file of twice the width and height', () => {
    expect([...file.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const { attributes } = parseSvg(svg);
    expect([width, height]).toEqual([2 * Number(attributes['width']), 2 * Number(attributes['height'])]);
    expect(depth).toBe(8);
  });

  it('shows every text of the picture, in the place that it has there', () => {
    const texts = textsOf(parseSvg(svg));
    expect(texts.length).toBeGreaterThan(20);
    const blank = texts.filter((box) => ink(box) < 6 * box.text.length);
    expect(blank).toEqual([]);
  });

  it('is white where the picture is empty, and has its curves in their colours', () => {
    expect(ink({ left: 0, right: 800, top: 0, bottom: 8 })).toBe(0);
    const blue = [0x3d, 0x7f, 0xd0];
    let found = 0;
    for (let at = 0; at < data.length; at += channels) {
      if (blue.every((value, channel) => data[at + channel] === value)) found++;
    }
    expect(found).toBeGreaterThan(1000);
  });

  it('writes letters of Latin, Greek and Cyrillic as themselves, and others as boxes', async () => {
    const word = async (text: string): Promise<number> => {
      const drawn = await pngChart(
        `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30"><text x="5" y="20" font-family="Inter" font-size="16">${text}</text></svg>`,
      );
      const pixels = decode(drawn);
      let sum = 0;
      for (let at = 0; at < pixels.data.length; at++) sum = (sum * 31 + Number(pixels.data[at])) % 1e9;
      return sum;
    };
    const sums = await Promise.all(['a', 'β', 'Ж', 'ő', '精', '度'].map(word));
    expect(new Set(sums.slice(0, 5)).size).toBe(5);
    expect(sums[4]).toBe(sums[5]);
  });

  it('is the same file on a machine without fonts', async () => {
    const source = fileURLToPath(new URL('../src/png/png-chart.ts', import.meta.url));
    const script =
      `import { pngChart } from ${JSON.stringify(source)};\n` +
      `let svg = '';\nfor await (const part of process.stdin.setEncoding('utf8')) svg += part;\n` +
      `process.stdout.write(Buffer.from(await pngChart(svg)).toString('base64'));\n`;
    // No folder of fonts, no configuration of fonts, no home.
    const env = {
      PATH: process.env['PATH'],
      FONTCONFIG_FILE: '/dev/null',
      FONTCONFIG_PATH: '/dev/null',
      HOME: '/dev/null',
    };
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      env,
      maxBuffer: 2 ** 26,
    });
    run.child.stdin!.end(svg);
    const { stdout } = await run;
    expect(Buffer.from(stdout, 'base64').equals(file)).toBe(true);
  }, 30_000);
});
