import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Figure } from '../src/figure.js';
import { comparisonFigure, metricsFigure } from '../src/metrics-figure.js';
import { BrailleCanvas } from '../src/terminal/braille.js';
import { terminalChart } from '../src/terminal/terminal-chart.js';

const figure = (y: readonly number[], more: Partial<Figure['panels'][number]> = {}): Figure => ({
  title: 'a title',
  x: { label: 'epoch', scale: 'linear', integer: true },
  panels: [
    { label: 'loss', series: [{ name: 'train', x: y.map((_, i) => i + 1), y }], marks: [], borders: [], ...more },
  ],
});
const plain = (text: string): string => text.replaceAll(/\u001B\[\d+m/g, '');

describe('terminalChart', () => {
  it('draws a straight line as one dot a column, from corner to corner', () => {
    const lines = terminalChart(figure([0, 1]), { columns: 40, rows: 5 }).split('\n');
    expect(lines[2]!.at(-1)).toMatch(/[\u2801-\u28FF]/);
    expect(lines[6]).toMatch(/^0\.0 ┤[\u2801-\u28FF]/);
    const columns = [...lines[2]!].length;
    expect(columns).toBe(40);
  });

  it('keeps within its columns, whatever the names and values', () => {
    const series = fc.record({ name: fc.string({ maxLength: 60 }), y: fc.array(fc.double(), { maxLength: 12 }) });
    fc.assert(
      fc.property(
        fc.array(series, { maxLength: 4 }),
        fc.integer({ min: 24, max: 120 }),
        fc.boolean(),
        (found, columns, color) => {
          const curves = found.map(({ name, y }) => ({ name, x: y.map((_, i) => i), y }));
          const marks = found.map(({ name }) => ({ x: 1, y: 1, label: name }));
          const text = terminalChart(figure([1, 2], { label: found[0]?.name ?? '', series: curves, marks }), {
            columns,
            color,
          });
          for (const line of plain(text).split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });

  it('shows empty data, a single point and gaps without failing', () => {
    for (const y of [[], [1], [Number.NaN], [1, Number.NaN, 3], [Number.POSITIVE_INFINITY, 2]]) {
      expect(terminalChart(figure(y)).split('\n').length).toBeGreaterThan(12);
    }
    expect(terminalChart({ ...figure([1]), panels: [] })).toContain('a title');
  });

  it('names every series in the legend and colours them only when asked', () => {
    const chart = metricsFigure([{ history: [{ epoch: 0, train: { loss: 1 }, val: { loss: 2 }, lr: 1 }] }], {
      title: 'run',
    });
    expect(terminalChart(chart)).toMatch(/^run {3}── train {3}·· val\n/);
    expect(terminalChart(chart)).not.toContain('\u001B');
    expect(terminalChart(chart, { color: true })).toContain('\u001B[34m──\u001B[39m');
  });

  it('shows borders where nothing else is, and marks on top of the curve with their labels', () => {
    const text = terminalChart(
      figure([4, 1, 2, 4], { borders: [{ x: 2.5 }], marks: [{ x: 2, y: 1, label: 'best epoch 2: 1' }] }),
    );
    expect(text).toContain('loss  ● best epoch 2: 1');
    expect(text.split('\n').filter((line) => line.includes('┊')).length).toBeGreaterThan(5);
    expect(text.match(/●/g)).toHaveLength(2);
  });

  it('shows each suggestion by a sign of its own, and marks with no place on the axes not at all', () => {
    const marks = [
      { x: 2, y: 1, label: 'valley 2', shape: 'circle' as const },
      { x: 3, y: 2, label: 'steep 3', shape: 'diamond' as const },
      { x: Number.NaN, y: 2, label: 'nowhere', shape: 'triangle' as const },
    ];
    const text = terminalChart(figure([4, 1, 2, 4], { marks }));
    expect(text).toContain('loss  ● valley 2, ◆ steep 3, ▲ nowhere');
    expect(text.match(/[●◆▲]/g)).toEqual(['●', '◆', '▲', '◆', '●']);
  });

  it('leaves out dashed curves, and says which ones are there', () => {
    const runs = ['a', 'b'].map((name) => ({
      name,
      histories: [{ history: [0, 1].map((epoch) => ({ epoch, train: { loss: 5 }, val: { loss: epoch }, lr: 1 })) }],
    }));
    const text = terminalChart(comparisonFigure(runs, { title: 'two' }));
    expect(text).toMatch(/^two \(val\) {3}── a {3}·· b\n/);
    // The axis ends where the validation loss does: training, at 5, isn't there.
    expect(text).toContain('1.0 ┤');
    expect(text).not.toMatch(/^ *[2-9]/m);
  });

  it('is drawn at once where a curve goes far beyond its ceiling', () => {
    const far = terminalChart(figure([1, 2, 1e140, 1, -1e140, 2], { ceiling: 3, floor: 0 }));
    expect(far).toContain('3 ┤');
    expect(far).not.toMatch(/\de/);
    expect(far).toMatch(/^0 ┤.*[\u2801-\u28FF]/m);
  });

  it('lets no control character of a name through', () => {
    const text = terminalChart(figure([1, 2], { label: 'a\u001B[2Jb\nc' }));
    expect(text).toContain('a[2Jbc');
  });
});

describe('BrailleCanvas', () => {
  it('maps the corners to the corner dots', () => {
    const canvas = new BrailleCanvas(2, 2);
    const solid = { on: 1, off: 0 };
    for (const corner of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const)
      canvas.line([corner], 0, solid);
    const text = [0, 1].map((row) => [0, 1].map((column) => canvas.cell(column, row)?.text).join(''));
    expect(text).toEqual(['⠁⠈', '⡀⢀']);
  });

  it('joins points without a hole, and not across a gap', () => {
    const canvas = new BrailleCanvas(10, 1);
    canvas.line(
      [
        [0, 0],
        [0.4, 0],
        [Number.NaN, 0],
        [0.8, 0],
        [1, 0],
      ],
      7,
      { on: 1, off: 0 },
    );
    const drawn = Array.from({ length: 10 }, (_, column) => canvas.cell(column, 0)?.text ?? ' ').join('');
    expect(drawn).toBe('⣀⣀⣀⣀⡀  ⢀⣀⣀');
    expect(canvas.cell(0, 0)?.owner).toBe(7);
  });
});
