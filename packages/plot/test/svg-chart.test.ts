import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Figure, Series } from '../src/figure.js';
import { lrComparisonFigure, lrFigure } from '../src/lr-figure.js';
import { comparisonFigure, metricsFigure } from '../src/metrics-figure.js';
import { svgChart } from '../src/svg/svg-chart.js';
import { back, colors, markColor, plainColor } from '../src/svg/theme.js';
import { curvesOf, elements, inGroups, labels, parseSvg, type Text, textsOf } from './svg.js';

const history = (epochs: number, from = 0): { epoch: number; train: object; val: object; lr: number }[] =>
  Array.from({ length: epochs }, (_, epoch) => ({
    epoch,
    train: { loss: 4 - (from + epoch) / 10, accuracy: epoch / 40 },
    val: { loss: 5 - (from + epoch) / 10, accuracy: epoch / 50 },
    lr: 0.1 / (from + epoch + 1),
  }));
const two = metricsFigure(
  [
    { history: history(20), best: { epoch: 14 } },
    { history: history(20, 20), best: { epoch: 3 } },
  ] as Parameters<typeof metricsFigure>[0],
  { title: 'a < b & "c"' },
);
const chart = (y: readonly number[], more: Partial<Figure['panels'][number]> = {}): Figure => ({
  title: 't',
  x: { label: 'x', scale: 'linear' },
  panels: [{ label: 'p', series: [{ name: 's', x: y.map((_, i) => i), y }], marks: [], borders: [], ...more }],
});
const drawn = async (figure: Figure, width?: number): Promise<ReturnType<typeof parseSvg>> =>
  parseSvg(await svgChart(figure, width === undefined ? {} : { width }));

/** Pairs of texts that cover each other, and texts that leave the page. */
function faults(texts: readonly Text[], width: number, height: number): readonly string[] {
  const outside = texts.filter(
    ({ left, right, top, bottom }) => left < -1 || top < -1 || right > width + 1 || bottom > height + 1,
  );
  const covered = texts.flatMap((a, i) =>
    texts
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `'${a.text}' and '${b.text}'`),
  );
  return [...outside.map(({ text }) => `'${text}' is cut off`), ...covered];
}

describe('svgChart', () => {
  it('is a document with a title, a legend, an axis for each panel and names for all of them', async () => {
    const svg = await drawn(two);
    expect(elements(svg, 'title')[0]?.text).toBe('a < b & "c"');
    expect(labels(svg, 'role-title-text')).toEqual(['a < b & "c"']);
    expect(labels(svg, 'role-legend-label')).toEqual(['train', 'val']);
    expect(labels(svg, 'name')).toEqual(['loss', 'accuracy', 'learning rate']);
    expect(labels(svg, 'role-axis-title')).toEqual(['epoch']);
    expect(labels(svg, 'label')).toEqual(expect.arrayContaining(['best epoch 15: 3.6', 'best epoch 24: 2.7']));
  });

  it('labels epochs with whole numbers below the lowest panel only, and values at the left', async () => {
    const axes = textsOf(await drawn(two)).filter(({ role }) => role.includes('role-axis-label'));
    const lowest = Math.max(...axes.map(({ bottom }) => bottom));
    expect(axes.filter(({ bottom }) => bottom === lowest).map(({ text }) => text)).toEqual([
      '5',
      '10',
      '15',
      '20',
      '25',
      '30',
      '35',
      '40',
    ]);
    const values = axes.filter(({ bottom }) => bottom < lowest - 5).map(({ text }) => text);
    expect(values).toEqual(expect.arrayContaining(['1', '5', '0.0', '0.5', '0.00', '0.10']));
    // All of them end at the same place, left of the axis.
    expect(new Set(axes.filter(({ bottom }) => bottom < lowest - 5).map(({ right }) => Math.round(right))).size).toBe(
      1,
    );
  });

  it('has a curve for each series in the colour of its name, a border between calls and a circle for each best epoch', async () => {
    const svg = await drawn(two);
    const strokes = inGroups(svg, 'mark-line', 'path').map(({ attributes }) => attributes['stroke']);
    expect(strokes).toEqual([colors[0], colors[1], colors[0], colors[1], plainColor]);
    expect(curvesOf(svg).map(([piece]) => piece!.length)).toEqual([40, 40, 40, 40, 40]);
    expect(inGroups(svg, 'border', 'line')).toHaveLength(3);
    // One on a curve and one in the heading, for each of two calls in each of two panels.
    expect(inGroups(svg, 'best', 'path')).toHaveLength(8);
    const legend = inGroups(svg, 'role-legend-symbol', 'path').map(({ attributes }) => attributes['stroke']);
    expect(legend).toEqual([colors[0], colors[1]]);
  });

  it('draws higher values higher and later ones further right, to scale', async () => {
    const [[points]] = curvesOf(await drawn(chart([1, 3, 2]))) as [[(readonly [number, number])[]]];
    const [a, b, c] = points as [[number, number], [number, number], [number, number]];
    expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 1);
    expect(b[0]).toBeGreaterThan(a[0]);
    expect(c[1] - b[1]).toBeCloseTo((a[1] - b[1]) / 2, 1);
    expect(a[1]).toBeGreaterThan(c[1]);
  });

  it('puts a value where the axis has its tick', async () => {
    const svg = await drawn(chart([0, 1, 2, 3, 4], { borders: [{ x: 2 }] }));
    const ticks = textsOf(svg).filter(({ role }) => role.includes('role-axis-label'));
    const at = ticks.filter(({ text }) => text === '2.0').map(({ left, right }) => (left + right) / 2);
    const left = textsOf(svg).find(({ text }) => text === 'p')!.left;
    const points = curvesOf(svg)[0]![0]!;
    expect(points.map(([x]) => Math.round(x + left))).toContain(Math.round(at[0]!));
  });

  it('spaces learning rates by their ratio, and marks each decade', async () => {
    const svg = await drawn(lrFigure({ lrs: [1e-4, 1e-3, 1e-2, 1e-1, 1], losses: [3, 2, 1, 2, 3] }));
    const xs = curvesOf(svg)[0]![0]!.map(([x]) => x);
    expect(xs[1]! - xs[0]!).toBeCloseTo(xs[2]! - xs[1]!, 1);
    expect(labels(svg, 'role-axis-label')).toEqual(expect.arrayContaining(['1e-4', '1e-3', '1e-2', '0.1', '1']));
  });

  it('interrupts a curve at a value that is not finite, and shows a lone point as a dot', async () => {
    const svg = await drawn(chart([1, Number.NaN, 2, 3, Number.POSITIVE_INFINITY, 4]));
    expect(curvesOf(svg)[0]!.map((piece) => piece.length)).toEqual([1, 2, 1]);
    expect(inGroups(svg, 'dot', 'path')).toHaveLength(2);
  });

  it('ends a curve at the top of its panel where it goes beyond the ceiling, and begins it again where it comes back', async () => {
    const svg = await drawn(chart([0, 8, 0, 100, 100, 0], { ceiling: 10 }));
    const pieces = curvesOf(svg)[0]!;
    expect(pieces).toHaveLength(2);
    const ends = [pieces[0]!.at(-1)!, pieces[1]![0]!];
    expect(ends.map(([, y]) => y)).toEqual([0, 0]);
    // A tenth of the way up from 0 to 100, and as much of the way down.
    const x = (at: number): number => pieces[0]![0]![0] + at * (pieces[0]![1]![0] - pieces[0]![0]![0]);
    expect(ends[0]![0]).toBeCloseTo(x(2.1), 0);
    expect(ends[1]![0]).toBeCloseTo(x(4.9), 0);
  });

  it('ends and begins a curve at the bottom as well, and goes from one end to the other in a straight line', async () => {
    const svg = await drawn(chart([-100, 1, 100, -100, 0], { ceiling: 1, floor: 0 }));
    const [first, second, ...others] = curvesOf(svg)[0]!;
    expect(others).toHaveLength(1);
    // The plot area is 160 pixels high: 1 is at its top, 0 at its bottom.
    expect(first!.map(([, y]) => y)).toEqual([160, 0]);
    expect(second!.map(([, y]) => y)).toEqual([0, 160]);
    const width = others[0]![0]![0] - first![1]![0];
    expect((second![0]![0] - first![1]![0]) / width).toBeCloseTo((1 + 99 / 200) / 3, 1);
  });

  it('leaves out a mark that the ceiling cuts off', async () => {
    const far = chart([1, 99], { ceiling: 2, marks: [{ x: 1, y: 99, label: 'far' }] });
    expect(inGroups(await drawn(far), 'best', 'path')).toHaveLength(0);
  });

  it('tells the checkpoints of a comparison by colour and train from val by dashes, and its legend says so', async () => {
    const run = { history: history(10), best: { epoch: 4 } };
    const runs = ['1', 'sgd'].map((name) => ({ name, histories: [run, run] }));
    const svg = await drawn(comparisonFigure(runs as Parameters<typeof comparisonFigure>[0]));
    expect(labels(svg, 'role-legend-label')).toEqual(['1', 'sgd', 'val', 'train']);
    const lines = inGroups(svg, 'mark-line', 'path').map(({ attributes }) => [
      attributes['stroke'],
      attributes['stroke-dasharray'] !== undefined,
    ]);
    const panel = [
      [colors[0], true],
      [colors[1], true],
      [colors[0], false],
      [colors[1], false],
    ];
    expect(lines).toEqual([...panel, ...panel, [colors[0], false], [colors[1], false]]);
    const samples = inGroups(svg, 'role-legend-symbol', 'path').map(({ attributes }) => attributes);
    expect(samples.map((sample) => sample['stroke-dasharray'])).toEqual([undefined, undefined, '', '5,4']);
    expect(inGroups(svg, 'best', 'path').map(({ attributes }) => attributes['stroke'])).toEqual(
      expect.arrayContaining([colors[0], colors[1]]),
    );
  });

  it('gives each suggestion its shape and value, in the colour of its curve', async () => {
    const lrs = [1e-4, 1e-3, 1e-2, 1e-1];
    const curve = { lrs, losses: [3, 2, 1, 3], suggestions: { valley: 1e-3, steep: 5e-3, minimum: 1e-2 } };
    const suggestions = ['valley', 'steep', 'minimum'] as const;
    const svg = await drawn(lrFigure(curve, { suggestions }));
    expect(labels(svg, 'label').toSorted()).toEqual(['minimum 0.01', 'steep 5e-3', 'valley 1e-3']);
    const shapes = inGroups(svg, 'best', 'path').map(({ attributes }) => attributes['d']);
    expect(new Set(shapes).size).toBe(3);
    const compared = await drawn(lrComparisonFigure({ a: curve, b: curve }, { suggestions }));
    const strokes = inGroups(compared, 'best', 'path').map(({ attributes }) => attributes['stroke']);
    expect(new Set(strokes)).toEqual(new Set([colors[0], colors[1]]));
    expect(labels(compared, 'role-legend-label')).toEqual(['a', 'b', ...suggestions]);
    const key = inGroups(compared, 'role-legend-symbol', 'path').map(({ attributes }) => attributes['d']);
    // The same outlines, if not quite the same size: a path's commands are its form.
    const form = (d: string = ''): string => d.replaceAll(/[^A-Z]/g, '');
    expect(key.slice(2).map(form)).toEqual(['MAA', 'MLLLZ', 'MLLZ']);
  });

  it('keeps to the width that it is given', async () => {
    expect((await drawn(chart([1, 2]))).attributes['width']).toBe('800');
    expect((await drawn(chart([1, 2]), 640)).attributes).toMatchObject({ width: '640' });
    expect((await drawn(two, 400)).attributes['viewBox']).toMatch(/^0 0 400 /);
  });

  it('is the same bytes each time, also where two are drawn at once', async () => {
    const alone = [await svgChart(two), await svgChart(chart([1, 2]))];
    expect(await Promise.all([svgChart(two), svgChart(chart([1, 2]))])).toEqual(alone);
  });

  it('leaves how Vega measures text as it was', async () => {
    const { textMetrics } = (await import('vega')) as unknown as { textMetrics: { width: unknown } };
    const before = textMetrics.width;
    await Promise.all([svgChart(two), svgChart(chart([1, 2]))]);
    expect(textMetrics.width).toBe(before);
  });

  it('thins a curve of many points out to what can be seen of it', async () => {
    const y = Array.from({ length: 200_000 }, (_, i) => (i === 123_456 ? 9 : Math.sin(i / 50)));
    const svg = await svgChart(chart(y));
    expect(svg.length).toBeLessThan(150_000);
    const points = curvesOf(parseSvg(svg))[0]![0]!;
    const top = Math.min(...points.map(([, at]) => at));
    expect(points.filter(([, at]) => at === top)).toHaveLength(1);
    expect(points.find(([, at]) => at === top)![0] / points.at(-1)![0]).toBeCloseTo(123_456 / 200_000, 2);
  });
});

describe('text in a picture', () => {
  const names = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 70 }), { maxLength: 7 });
  const number = fc.oneof(fc.double(), fc.double({ min: -10, max: 10 }), fc.double({ min: 0, max: 1e-6 }));
  const seriesOf = (name: string | null): fc.Arbitrary<Series> =>
    fc.record({
      name: fc.constant(name),
      x: fc.array(fc.double({ min: 0, max: 2000 }), { minLength: 0, maxLength: 9 }),
      y: fc.array(number, { minLength: 9, maxLength: 9 }),
      dashed: fc.boolean(),
      faint: fc.boolean(),
    });
  const panel = names.chain((found) =>
    fc.record({
      label: fc.string({ unit: 'binary', maxLength: 90 }),
      series: fc.tuple(seriesOf(null), ...found.map(seriesOf)),
      marks: fc.array(fc.record({ x: number, y: number, label: fc.string({ maxLength: 40 }) }), { maxLength: 6 }),
      borders: fc.array(fc.record({ x: number }), { maxLength: 3 }),
      ceiling: fc.double({ min: -5, max: 5, noNaN: true }),
      floor: fc.double({ min: -9, max: 9, noNaN: true }),
    }),
  );
  const figures: fc.Arbitrary<Figure> = fc.record({
    title: fc.string({ unit: 'binary', maxLength: 120 }),
    x: fc.record({
      label: fc.constant('epoch'),
      scale: fc.constantFrom('linear', 'log'),
      integer: fc.boolean(),
    }),
    panels: fc.array(panel, { maxLength: 6 }),
    lines: fc.constant({ solid: 'val', dashed: 'train' }),
    shapes: fc.constantFrom({}, { circle: 'valley', square: 'slide' }),
  });

  it('covers no other text and stays on the page, and all numbers are finite, whatever the data and names', async () => {
    await fc.assert(
      fc.asyncProperty(figures, async (figure) => {
        const svg = await svgChart(figure);
        const root = parseSvg(svg);
        const { width, height } = root.attributes;
        expect(width).toBe('800');
        expect(svg).not.toMatch(/="[^"]*(NaN|Infinity|undefined|null)/);
        // Ids would clash in a page that has several pictures in it.
        expect(svg).not.toMatch(/ id="/);
        expect(faults(textsOf(root), 800, Number(height))).toEqual([]);
      }),
      { numRuns: 60, interruptAfterTimeLimit: 20_000 },
    );
  }, 60_000);

  it.each([
    ['two calls', two],
    ['a single epoch', metricsFigure([{ history: history(1) }] as Parameters<typeof metricsFigure>[0])],
    ['a thousand epochs', metricsFigure([{ history: history(1000) }] as Parameters<typeof metricsFigure>[0])],
    ['rates over eight decades', lrFigure({ lrs: [1e-7, 1e-3, 10], losses: [3, 1, 2] })],
    ['rates close together', lrFigure({ lrs: [1.2e-3, 1.5e-3, 1.8e-3], losses: [3, 1, 2] })],
    ['nothing', { ...two, panels: [] }],
  ])('is readable for %s, also where the picture is small', async (_, figure) => {
    for (const width of [800, 480]) {
      const svg = await drawn(figure, width);
      expect(faults(textsOf(svg), width, Number(svg.attributes['height']))).toEqual([]);
    }
  });
});

describe('colours', () => {
  // WCAG 2.2, 1.4.3: relative luminance and contrast ratio.
  const luminance = (color: string): number => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [low, high] = [luminance(a), luminance(b)].toSorted((x, y) => x - y) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };

  it.each([...colors, plainColor])('%s can be told from a light and from a dark page', (color) => {
    expect(contrast(color, back.light)).toBeGreaterThan(3);
    expect(contrast(color, back.dark)).toBeGreaterThan(3);
  });

  it('has no two that are alike', () => {
    expect(new Set([...colors, plainColor, markColor]).size).toBe(colors.length + 2);
  });
});
