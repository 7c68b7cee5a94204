import { describe, expect, it } from 'vitest';
import { lrFigure } from '../src/lr-figure.js';
import { metricsFigure } from '../src/metrics-figure.js';
import type { EpochMetrics } from '../src/metrics-figure.js';

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
    expect(panels[0]!.borders).toEqual([2.5]);
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
      { x: 1, y: 0.5, label: 'best epoch 1: 0.5' },
      { x: 3, y: 0.125, label: 'best epoch 3: 0.125' },
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
    expect(panels[0]!.marks).toEqual([{ x: 0, y: 9, label: 'best epoch 0: 9' }]);
  });

  it('shows the learning rate only where it moved', () => {
    const labels = (rates: number[]): string[] =>
      metricsFigure([{ history: rates.map((rate, i) => epoch(i, 1, undefined, rate)) }]).panels.map(
        ({ label }) => label,
      );
    expect(labels([0.1, 0.1])).toEqual(['loss']);
    expect(labels([0.1, 0.02])).toEqual(['loss', 'learning rate']);
  });

  it('leaves epochs without a metric out of its curve', () => {
    const { panels } = metricsFigure([{ history: [epoch(0, 1), epoch(1, 1, 0.5)] }]);
    expect(panels[1]!.series[0]).toEqual({ name: 'val', x: [2], y: [0.5] });
  });
});

describe('lrFigure', () => {
  it('marks the suggestion on the smoothed curve, the raw one pale behind it', () => {
    const figure = lrFigure({ lrs: [0.001, 0.01, 0.1], losses: [3, 1, 9], smoothed: [2, 1.5, 4], suggestion: 0.01 });
    expect(figure.x.scale).toBe('log');
    expect(figure.panels[0]!.marks).toEqual([{ x: 0.01, y: 1.5, label: 'suggestion 0.01' }]);
    expect(figure.panels[0]!.series.map(({ name, faint }) => [name, faint ?? false])).toEqual([
      ['smoothed', false],
      ['loss', true],
    ]);
  });

  it('cuts off what the loss does after its minimum', () => {
    const figure = lrFigure({ lrs: [1, 2, 3, 4, 5], losses: [2, 2.5, 0.5, 40, Number.NaN] });
    expect(figure.panels[0]!.ceiling).toBe(3);
  });

  it('marks nothing without a suggestion, and takes an empty curve', () => {
    expect(lrFigure({ lrs: [1, 2], losses: [1, 2], suggestion: null }).panels[0]!.marks).toEqual([]);
    expect(lrFigure({ lrs: [], losses: [], suggestion: 0.1 }).panels[0]!.marks).toEqual([]);
  });
});
