import { describe, expect, it } from 'vitest';
import type { EpochMetrics } from '../src/history.js';
import { lrComparisonFigure, lrFigure } from '../src/lr-figure.js';
import { comparisonFigure, metricsFigure } from '../src/metrics-figure.js';

const epoch = (index: number, loss: number, val?: number, lr = 0.1): EpochMetrics => ({
  epoch: index,
  train: { loss },
  ...(val === undefined ? {} : { val: { loss: val, accuracy: 1 - val } }),
  lr,
});

describe('metricsFigure', () => {
  it('puts train beside val, the loss first', () => {
    const { panels } = metricsFigure([{ history: [epoch(0, 2, 0.5), epoch(1, 1, 0.25)] }]);
    expect(panels.map(({ label }) => label)).toEqual(['loss', 'accuracy']);
    expect(panels[0]!.series).toEqual([
      { name: 'train', x: [1, 2], y: [2, 1] },
      { name: 'val', x: [1, 2], y: [0.5, 0.25] },
    ]);
    expect(panels[1]!.series.map(({ name }) => name)).toEqual(['val']);
  });

  it('appends one train call to the other, with a border between them', () => {
    const histories = [{ history: [epoch(0, 3), epoch(1, 2)] }, { history: [] }, { history: [epoch(2, 1)] }];
    const { panels } = metricsFigure(histories);
    expect(panels[0]!.series[0]!.x).toEqual([1, 2, 3]);
    expect(panels[0]!.borders).toEqual([{ x: 2.5 }]);
  });

  it('marks the best epoch of each call, and none for a call that ended where it began', () => {
    const { panels } = metricsFigure([
      { history: [epoch(0, 3, 0.5), epoch(1, 2, 0.75)], best: { epoch: 0 } },
      { history: [epoch(0, 1, 0.125)], best: { epoch: 0 } },
      { history: [epoch(0, 1, 0.5)], best: null },
      { history: [epoch(0, 1, 0.5)], best: { epoch: -1 } },
      { history: [epoch(0, 1, 0.5)] },
    ]);
    expect(panels[0]!.marks).toEqual([
      { x: 1, y: 0.5, label: 'best epoch 1: 0.5', short: '1: 0.5' },
      { x: 3, y: 0.125, label: 'best epoch 3: 0.125', short: '3: 0.125' },
    ]);
  });

  it('begins the val curve before the first epoch, where that was evaluated', () => {
    const first = { initial: { loss: 9, accuracy: 0 }, history: [epoch(0, 3, 0.5)], best: { epoch: -1 } };
    const second = { initial: { loss: 0.5, accuracy: 0 }, history: [epoch(0, 2, 0.25)], best: { epoch: -1 } };
    const { panels } = metricsFigure([first, second]);
    expect(panels[0]!.series).toEqual([
      { name: 'train', x: [1, 2], y: [3, 2] },
      { name: 'val', x: [0, 1, 2], y: [9, 0.5, 0.25] },
    ]);
    expect(panels[0]!.marks).toEqual([{ x: 0, y: 9, label: 'best epoch 0: 9', short: '0: 9' }]);
  });

  it('does not stretch the axis to what was before training, where that would take more than half of it', () => {
    const of = (initial: number, best?: number): ReturnType<typeof metricsFigure>['panels'][number] => {
      const history = [epoch(0, 3, 2), epoch(1, 2, 2), epoch(2, 1, 2)];
      const run = { initial: { loss: initial }, history, ...(best === undefined ? {} : { best: { epoch: best } }) };
      return metricsFigure([run]).panels[0]!;
    };
    // From 1 to 3, so up to 5 and down to -1 it has half of the axis at most.
    expect([of(5), of(-1)].map(({ ceiling, floor }) => [ceiling, floor])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
    for (const { ceiling, floor, series } of [of(5.1), of(-1.1)]) {
      expect([ceiling, floor]).toEqual([3.2, 0.8]);
      expect(series[1]!.x).toEqual([0, 1, 2, 3]);
    }
    // Where it is the best, it is shown.
    expect(of(-1.1, -1).ceiling).toBe(undefined);
  });

  it('shows the learning rate only where it moved, or where it is asked for', () => {
    const labels = (rates: number[], metrics?: readonly string[]): string[] =>
      metricsFigure(
        [{ history: rates.map((rate, i) => epoch(i, 1, undefined, rate)) }],
        metrics === undefined ? {} : { metrics },
      ).panels.map(({ label }) => label);
    expect(labels([0.1, 0.1])).toEqual(['loss']);
    expect(labels([0.1, 0.02])).toEqual(['loss', 'learning rate']);
    expect(labels([0.1, 0.1], ['lr', 'loss'])).toEqual(['learning rate', 'loss']);
    expect(labels([0.1, 0.02], ['loss'])).toEqual(['loss']);
  });

  it('leaves epochs without a metric out of its curve', () => {
    const { panels } = metricsFigure([{ history: [epoch(0, 1), epoch(1, 1, 0.5)] }]);
    expect(panels[1]!.series[0]).toEqual({ name: 'val', x: [2], y: [0.5] });
  });

  it('gives each logged quantity a panel, steps at their place within their epoch and epochs at their end', () => {
    const norm = { per: 'step', steps: [11, 12, 13, 14, 15, 16], epochs: [0, 0, 0, 1, 1, 1] } as const;
    const first = {
      history: [epoch(0, 1), epoch(1, 1)],
      logged: {
        norm: { ...norm, values: [6, 5, 4, 3, 2, 1] },
        weight: { per: 'epoch' as const, steps: [10, 13, 16], epochs: [-1, 0, 1], values: [0, 1, 2] },
      },
    };
    const second = {
      history: [epoch(0, 1)],
      logged: { norm: { per: 'step' as const, steps: [18, 20], epochs: [0, 0], values: [8, Number.NaN] } },
    };
    const { panels } = metricsFigure([first, second]);
    expect(panels.map(({ label }) => label)).toEqual(['loss', 'norm', 'weight']);
    const [{ name, x, y }] = panels[1]!.series as [(typeof panels)[number]['series'][number]];
    expect(name).toBe(null);
    const third = 1 / 3;
    // Of the second call's epoch two steps in four are known: the last one is its end.
    expect(Array.from(x, (at) => at.toFixed(6))).toEqual(
      [third, 2 * third, 1, 1 + third, 1 + 2 * third, 2, 2 + third, 3].map((at) => at.toFixed(6)),
    );
    expect(y).toEqual([6, 5, 4, 3, 2, 1, 8, Number.NaN]);
    expect(panels[2]!.series).toEqual([{ name: null, x: [0, 1, 2], y: [0, 1, 2] }]);
    expect(panels[1]!.marks).toEqual([]);
  });

  it('keeps apart a score and a quantity of the same name, which another call may have logged', () => {
    const logged = { accuracy: { per: 'epoch', steps: [1], epochs: [0], values: [7] } } as const;
    const { panels } = metricsFigure([{ history: [epoch(0, 1, 0.5)] }, { history: [epoch(0, 1)], logged }]);
    expect(panels.map(({ label }) => label)).toEqual(['loss', 'accuracy', 'accuracy (logged)']);
  });
});

describe('comparisonFigure', () => {
  const run = (name: string, ...losses: number[]): Parameters<typeof comparisonFigure>[0][number] => ({
    name,
    histories: [{ history: losses.map((loss, i) => epoch(i, loss, loss / 2)), best: { epoch: losses.length - 1 } }],
  });

  it('puts the curves of all checkpoints into each panel, train dashed where there is val', () => {
    const bare = { name: 'bare', histories: [{ history: [epoch(0, 5)] }] };
    const { panels, lines } = comparisonFigure([run('a', 4, 2), bare]);
    expect(panels.map(({ label }) => label)).toEqual(['loss', 'accuracy']);
    expect(panels[0]!.series).toEqual([
      { name: 'a', x: [1, 2], y: [2, 1] },
      { name: 'a', x: [1, 2], y: [4, 2], dashed: true },
      { name: 'bare', x: [1], y: [5] },
    ]);
    expect(lines).toEqual({ solid: 'val', dashed: 'train' });
  });

  it("marks each checkpoint's best epochs and the ends of its calls in its own colour", () => {
    const twice = { name: 'b', histories: [...run('b', 3).histories, ...run('b', 1, 2).histories] };
    const { panels } = comparisonFigure([run('a', 4, 2), twice]);
    expect(panels[0]!.marks.map(({ x, y, label, short, name }) => [x, y, label, short, name])).toEqual([
      [2, 1, 'a: 1 (epoch 2)', '1', 'a'],
      [1, 1.5, 'b: 1.5 (epoch 1)', '1.5', 'b'],
      [3, 1, 'b: 1 (epoch 3)', '1', 'b'],
    ]);
    expect(panels[0]!.borders).toEqual([{ x: 1.5, name: 'b' }]);
  });

  it('shows rates that differ between checkpoints, though none of them moves', () => {
    const at = (name: string, lr: number): Parameters<typeof comparisonFigure>[0][number] => ({
      name,
      histories: [{ history: [epoch(0, 1, 0.5, lr), epoch(1, 1, 0.5, lr)] }],
    });
    const labels = (runs: Parameters<typeof comparisonFigure>[0]): string[] =>
      comparisonFigure(runs, { metrics: ['loss', 'lr'] }).panels.map(({ label }) => label);
    expect(comparisonFigure([at('a', 0.1), at('b', 0.2)]).panels.at(-1)!.label).toBe('learning rate');
    expect(comparisonFigure([at('a', 0.1), at('b', 0.1)]).panels.at(-1)!.label).toBe('accuracy');
    expect(labels([at('a', 0.1), at('b', 0.1)])).toEqual(['loss', 'learning rate']);
  });
});

describe('lrFigure', () => {
  const curve = {
    lrs: [0.001, 0.01, 0.1],
    losses: [3, 1, 9],
    smoothed: [2, 1.5, 4],
    suggestions: { valley: 0.01, steep: 0.001, minimum: Math.sqrt(0.01 * 0.1), slide: null },
  };

  it('marks the suggestion on the smoothed curve, the raw one pale behind it', () => {
    const figure = lrFigure(curve);
    expect(figure.x.scale).toBe('log');
    expect(figure.panels[0]!.marks).toEqual([{ x: 0.01, y: 1.5, label: 'valley 0.01', shape: 'circle' }]);
    expect(figure.panels[0]!.series.map(({ name, faint }) => [name, faint ?? false])).toEqual([
      ['smoothed', false],
      ['loss', true],
    ]);
  });

  it('marks all suggestions that are asked for and found, on the line between two rates where they are no rate of the curve', () => {
    const { marks } = lrFigure(curve, { suggestions: ['valley', 'steep', 'minimum', 'slide'] }).panels[0]!;
    expect(marks.map(({ label, shape }) => [label, shape])).toEqual([
      ['valley 0.01', 'circle'],
      ['steep 1e-3', 'diamond'],
      ['minimum 0.03162', 'triangle'],
    ]);
    // Half-way on a logarithmic axis, so half-way between 1.5 and 4.
    expect(marks[2]!.y).toBeCloseTo(2.75, 12);
    const far = { ...curve, suggestions: { valley: 1e-9 } };
    expect(lrFigure(far).panels[0]!.marks).toEqual([]);
  });

  it('cuts off what the loss does after its minimum', () => {
    const figure = lrFigure({ lrs: [1, 2, 3, 4, 5], losses: [2, 2.5, 0.5, 40, Number.NaN] });
    expect(figure.panels[0]!.ceiling).toBe(3);
  });

  it('shows a smoothed loss that only rises whole, and lets no raw one stretch the axis further', () => {
    const rising = { lrs: [1, 2, 3], losses: [1, 70, 2], smoothed: [1, 2, 3] };
    expect(lrFigure(rising).panels[0]!.ceiling).toBe(3.5);
    expect(lrFigure({ lrs: [1, 2, 3], losses: [1, 2, 70] }).panels[0]!.ceiling).toBe(undefined);
  });

  it('has a linear axis for a linear sweep', () => {
    const linear = { ...curve, sweep: 'linear', suggestions: { minimum: 0.055 } } as const;
    const figure = lrFigure(linear, { suggestions: ['minimum'] });
    expect(figure.x.scale).toBe('linear');
    expect(figure.panels[0]!.marks[0]!.y).toBeCloseTo(2.75, 12);
    expect(lrComparisonFigure({ linear, curve }).x.scale).toBe('log');
  });

  it('marks nothing without a suggestion, and takes an empty curve', () => {
    expect(lrFigure({ lrs: [1, 2], losses: [1, 2], suggestion: null }).panels[0]!.marks).toEqual([]);
    expect(lrFigure({ lrs: [], losses: [], suggestion: 0.1 }).panels[0]!.marks).toEqual([]);
  });
});

describe('lrComparisonFigure', () => {
  it('has the curves by their names, and a ceiling that leaves room for each', () => {
    const low = { lrs: [1, 2, 3, 4], losses: [2, 1, 30, 90], suggestion: 2 };
    const high = { lrs: [1, 2, 3, 4], losses: [8, 4, 40, 90], smoothed: [8, 4, 40, 90], suggestion: null };
    const rising = { lrs: [1, 2], losses: [1, 500] };
    const [{ series, marks, ceiling }] = lrComparisonFigure({ low, high, rising }).panels as [
      ReturnType<typeof lrComparisonFigure>['panels'][number],
    ];
    expect(series.map(({ name, faint }) => [name, faint ?? false])).toEqual([
      ['low', false],
      ['high', false],
      ['high', true],
      ['rising', false],
    ]);
    expect(marks).toEqual([{ x: 2, y: 1, name: 'low', label: 'low: valley 2', short: '2', shape: 'circle' }]);
    expect(ceiling).toBe(9);
  });
});
