import { XMLParser, XMLValidator } from 'fast-xml-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Figure } from '../src/figure.js';
import { lrFigure } from '../src/lr-figure.js';
import { metricsFigure } from '../src/metrics-figure.js';
import { svgChart } from '../src/svg/svg-chart.js';

const histories = [
  {
    history: [0, 1, 2, 3].map((epoch) => ({
      epoch,
      train: { loss: 4 - epoch, accuracy: epoch / 4 },
      val: { loss: 5 - epoch, accuracy: epoch / 5 },
      lr: 0.1 / (epoch + 1),
    })),
    best: { epoch: 3 },
  },
];
const chart = (y: readonly number[]): Figure => ({
  title: 't',
  x: { label: 'x', scale: 'linear' },
  panels: [{ label: 'p', series: [{ name: 's', x: y.map((_, i) => i), y }], marks: [], borders: [] }],
});
/** The points of the first curve of the plot, read back from its path. */
const curvePoints = (svg: string): number[][] => {
  const path = /class="curve"[^>]* d="(M[^h"]*)"/.exec(svg)?.[1] ?? '';
  return path
    .split(/[ML]/)
    .filter((part) => part !== '')
    .map((part) => part.replace('Z', '').split(',').map(Number));
};

describe('svgChart', () => {
  it('is well-formed XML with a title, a legend, axis labels and a curve for each series', () => {
    const svg = svgChart(metricsFigure(histories, 'a < b & "c"'));
    expect(XMLValidator.validate(svg)).toBe(true);
    const { svg: root } = new XMLParser({ ignoreAttributes: false }).parse(svg) as {
      svg: { title: string; text: { '#text': string | number }[]; svg: { path: unknown[] }[] };
    };
    expect(root.title).toBe('a < b & "c"');
    const texts = root.text.map((text) => String(text['#text']));
    for (const text of ['train', 'val', 'lr', 'loss', 'accuracy', 'learning rate', 'epoch', '○ best epoch 4: 2']) {
      expect(texts).toContain(text);
    }
    expect([root.svg[0]!.path, root.svg[1]!.path].map((paths) => [paths].flat().length)).toEqual([2, 2]);
  });

  it('is well-formed with no number that is not finite, whatever the data and names', () => {
    const series = fc.record({ name: fc.string({ unit: 'binary' }), y: fc.array(fc.double(), { maxLength: 8 }) });
    fc.assert(
      fc.property(fc.array(series, { maxLength: 5 }), fc.constantFrom('linear', 'log'), (found, scale) => {
        const panel = {
          label: found[0]?.name ?? '',
          series: found.map(({ name, y }) => ({ name, x: y.map((_, i) => i), y })),
          marks: found.map(({ name, y }) => ({ x: y[0] ?? 0, y: y[1] ?? 0, label: name })),
          borders: [1],
        };
        const svg = svgChart({ title: found[0]?.name ?? '', x: { label: 'x', scale }, panels: [panel, panel] });
        expect(XMLValidator.validate(svg)).toBe(true);
        for (const [, value] of svg.matchAll(/ (?:x|y|cx|cy|d|width|height)="([^"]*)"/g)) {
          expect(value).not.toMatch(/NaN|Infinity/);
        }
      }),
    );
  });

  it('draws higher values higher and later ones further right', () => {
    const points = curvePoints(svgChart(chart([1, 3, 2])));
    expect(points).toHaveLength(3);
    const [a, b, c] = points as [number[], number[], number[]];
    expect(a[0]!).toBeLessThan(b[0]!);
    expect(b[0]!).toBeLessThan(c[0]!);
    expect(c[1]! - b[1]!).toBeCloseTo((a[1]! - b[1]!) / 2, 0);
  });

  it('spaces learning rates by their ratio', () => {
    const points = curvePoints(svgChart(lrFigure({ lrs: [1e-4, 1e-3, 1e-2], losses: [3, 2, 1] })));
    expect(points[1]![0]! - points[0]![0]!).toBeCloseTo(points[2]![0]! - points[1]![0]!, 0);
  });

  it('interrupts a curve at a value that is not finite, and shows a lone point as a dot', () => {
    const svg = svgChart(chart([1, Number.NaN, 2, 3]));
    expect(/class="curve"[^>]* d="(M[^h"]*)"/.exec(svg)?.[1]).toMatch(/^M[\d.,]+ZM[\d.,]+L[\d.,]+$/);
  });

  it('keeps to the size that it is given', () => {
    expect(svgChart(chart([1, 2]), { width: 640, height: 400 })).toContain('viewBox="0 0 640 400"');
    expect(svgChart(chart([1, 2]))).toContain('width="800"');
  });

  it('leaves out a mark that the ceiling cuts off', () => {
    const panel = { label: 'p', series: [{ name: 's', x: [1, 2], y: [1, 99] }], borders: [], ceiling: 2 };
    const figure = { ...chart([1]), panels: [{ ...panel, marks: [{ x: 2, y: 99, label: 'far' }] }] };
    expect(svgChart(figure)).not.toContain('<circle');
  });
});
