import type { Axis as AxisSpec, GroupMark, RuleMark } from 'vega';
import type { Axis } from '../axis.js';
import type { Panel } from '../figure.js';
import { inDrawingOrder } from '../series.js';
import { curve } from './curve.js';
import type { Drawn } from './drawn.js';
import { heading } from './heading.js';
import { look, points } from './point.js';
import { lineColor, markColor } from './theme.js';
import { withExponents } from './tick-label.js';

export interface PanelPlace {
  readonly axes: { readonly x: Axis; readonly y: Axis };
  /** Pixels from the top of the figure to the plot area. */
  readonly top: number;
  /** Of the plot area; its width follows from the axes, and is at least this. */
  readonly height: number;
  readonly width: number;
  /** Whether marks have short labels. */
  readonly short: boolean;
  readonly xAxes: readonly AxisSpec[];
  readonly yTicks: number;
  readonly colorOf: (name: string | null) => string;
}

/** A panel as a group of marks on the figure's x scale and a y scale of its own. */
export function panelMark(panel: Panel, place: PanelPlace): GroupMark {
  const { axes, top, height, width, xAxes, yTicks, colorOf } = place;
  const drawn = [
    borders(panel, place),
    ...inDrawingOrder(panel.series).map((series, i) => curve(`c${i}`, series, axes, width, colorOf(series.name))),
    ...marks(panel, place),
  ];
  return {
    type: 'group',
    encode: { enter: { y: { value: top } }, update: { width: { signal: 'width' }, height: { value: height } } },
    data: drawn.flatMap(({ data }) => data),
    scales: [
      { name: 'y', type: 'linear', domain: [...axes.y.domain], zero: false, range: [{ signal: String(height) }, 0] },
    ],
    axes: [
      ...xAxes,
      {
        scale: 'y',
        orient: 'left',
        grid: true,
        gridScale: 'x',
        tickCount: yTicks,
        ...(axes.y.exponents ? { encode: withExponents } : {}),
      },
    ],
    marks: drawn.flatMap((each) => each.marks),
  };
}

/** What is beyond the ends of an axis would be drawn beside the panel. */
const isOn = (axis: Axis, value: number): boolean => Math.abs(axis.at(value) - 0.5) <= 0.5 + 1e-9;

function borders(panel: Panel, { axes, height, colorOf }: PanelPlace): Drawn {
  const rows = panel.borders
    .filter(({ x }) => isOn(axes.x, x))
    .map(({ x, name }) => ({ x, color: name === undefined ? lineColor : colorOf(name) }));
  const rule: RuleMark = {
    type: 'rule',
    name: 'border',
    from: { data: 'border rows' },
    encode: {
      enter: {
        x: { scale: 'x', field: 'x' },
        y: { value: 0 },
        y2: { value: height },
        stroke: { field: 'color' },
        strokeDash: { value: [2, 4] },
      },
    },
  };
  return { data: [{ name: 'border rows', values: rows }], marks: [rule] };
}

function marks(panel: Panel, place: PanelPlace): readonly Drawn[] {
  const { x, y } = place.axes;
  const seen = panel.marks
    .filter((mark) => isOn(x, mark.x) && isOn(y, mark.y))
    .map((mark) => ({
      ...mark,
      shape: mark.shape ?? ('circle' as const),
      color: mark.name === undefined ? markColor : place.colorOf(mark.name),
    }));
  const rows = seen.map((mark) => ({ x: mark.x, y: mark.y, ...look(mark.shape, mark.color) }));
  const symbols = points('best', 'best rows', { scale: 'x', field: 'x' }, { scale: 'y', field: 'y' });
  return [{ data: [{ name: 'best rows', values: rows }], marks: [symbols] }, heading(panel.label, seen, place)];
}
