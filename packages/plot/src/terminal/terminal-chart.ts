import { axis } from '../axis.js';
import type { Axis } from '../axis.js';
import type { Figure, Panel, Shape } from '../figure.js';
import { courseOf, inDrawingOrder, limitsOf, seriesNames, xValues, yValues } from '../series.js';
import { fitted, fittedLabels, printable } from '../text.js';
import { BrailleCanvas } from './braille.js';
import type { Dash } from './braille.js';

export interface TerminalChartOptions {
  /** Width of every line, at most; 80 by default, at least 24. */
  readonly columns?: number;
  /** Lines of each panel's plot area; 10 by default, at least 3. */
  readonly rows?: number;
  /** Tells lines apart by ANSI colours; without, by their dashes. Off by default. */
  readonly color?: boolean;
}

const dashes: readonly Dash[] = [
  { on: 1, off: 0 },
  { on: 1, off: 2 },
  { on: 4, off: 2 },
  { on: 9, off: 5 },
];
const samples = ['──', '··', '╌╌', '─ '];
const colors = [34, 33, 32, 35, 36, 31];
const glyphs: { readonly [shape in Shape]: string } = { circle: '●', diamond: '◆', triangle: '▲', square: '■' };

/**
 * The figure as lines of text, each ended by a newline: braille curves, axes with ticks, a legend, `●` for marks and
 * `┊` for borders. One panel stands above the other. Dashed curves are left out.
 */
export function terminalChart(whole: Figure, options: TerminalChartOptions = {}): string {
  const panels = whole.panels.map((panel) => ({
    ...panel,
    series: panel.series.filter(({ dashed = false }) => !dashed),
  }));
  const figure = { ...whole, panels };
  const columns = Math.max(24, Math.floor(options.columns ?? 80));
  const rows = Math.max(3, Math.floor(options.rows ?? 10));
  const names = seriesNames(figure);
  const style = {
    paint: painter(options.color ?? false),
    dash: (index: number) => dashOf(index, options.color ?? false),
  };
  const yAxes = figure.panels.map((panel) =>
    axis(yValues(panel), {
      scale: 'linear',
      count: Math.max(2, Math.floor(rows / 3)),
      nice: true,
      ...limitsOf(panel),
    }),
  );
  const labelWidth = Math.max(...yAxes.flatMap(({ ticks }) => ticks.map(({ label }) => label.length)), 1);
  const width = columns - labelWidth - 2;
  const xAxis = axis(xValues(figure), { ...figure.x, count: Math.max(2, Math.floor(width / 9)) });

  const dotted = whole.panels.some(({ series }) => series.some(({ dashed = false }) => dashed));
  const title = dotted && figure.lines !== undefined ? `${figure.title} (${figure.lines.solid})` : figure.title;
  const lines = [...legend(title, names, columns, style)];
  figure.panels.forEach((panel, index) => {
    const y = yAxes[index]!;
    lines.push(heading(panel, labelWidth, columns));
    const indexOf = (name: string | null): number => (name === null ? -1 : names.indexOf(name));
    const area = plotArea(panel, { x: xAxis, y }, { width, rows }, indexOf, style);
    const labels = new Map(y.ticks.map((tick) => [rowOf(tick.at, rows), tick.label]));
    area.forEach((line, row) => {
      const label = labels.get(row);
      lines.push(`${(label ?? '').padStart(labelWidth)} ${label === undefined ? '│' : '┤'}${line}`);
    });
    lines.push(`${' '.repeat(labelWidth + 1)}└${ruler(xAxis, width)}`);
  });
  lines.push(' '.repeat(labelWidth + 2) + tickLabels(xAxis, width));
  const label = fitted(printable(figure.x.label), columns);
  lines.push(' '.repeat(Math.max(0, columns - label.length)) + label);
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

interface Style {
  paint(text: string, index: number): string;
  dash(index: number): { readonly dash: Dash; readonly sample: string };
}

function painter(color: boolean): Style['paint'] {
  return (text, index) => (color && index >= 0 ? `\u001B[${colors[index % colors.length]!}m${text}\u001B[39m` : text);
}

function dashOf(index: number, color: boolean): { readonly dash: Dash; readonly sample: string } {
  const which = color || index < 0 ? 0 : index % dashes.length;
  return { dash: dashes[which]!, sample: samples[which]! };
}

function legend(title: string, names: readonly string[], columns: number, style: Style): string[] {
  const lines: string[] = [];
  let line = fitted(printable(title), columns);
  let length = line.length;
  names.forEach((name, index) => {
    const text = fitted(printable(name), columns - 3);
    const width = text.length + 3;
    if (length > 0 && length + 3 + width > columns) {
      lines.push(line);
      line = '';
      length = 0;
    }
    line += `${length > 0 ? '   ' : ''}${style.paint(style.dash(index).sample, index)} ${text}`;
    length += width + (length > 0 ? 3 : 0);
  });
  return [...lines, line].filter((text) => text !== '');
}

function heading(panel: Panel, indent: number, columns: number): string {
  const label = fitted(printable(panel.label), columns - indent - 2);
  const start = `${' '.repeat(indent + 2)}${label}`;
  const room = columns - start.length - 4;
  const shapes = new Set(panel.marks.map(({ shape }) => glyphOf(shape)));
  const [only = '●'] = shapes;
  // Behind one glyph for all where they are alike, else each behind its own.
  const marks = fittedLabels(
    panel.marks.map(({ label: text, shape }) => (shapes.size > 1 ? `${glyphOf(shape)} ${text}` : text)),
    room,
  );
  if (marks === '' || room < 8) return start;
  return shapes.size > 1 ? `${start}  ${marks}` : `${start}  ${only} ${marks}`;
}

const gap = [Number.NaN, Number.NaN] as const;

const glyphOf = (shape: Shape = 'circle'): string => glyphs[shape];

function plotArea(
  panel: Panel,
  axes: { readonly x: Axis; readonly y: Axis },
  size: { readonly width: number; readonly rows: number },
  indexOf: (name: string | null) => number,
  style: Style,
): string[] {
  const canvas = new BrailleCanvas(size.width, size.rows);
  for (const series of inDrawingOrder(panel.series)) {
    const index = indexOf(series.name);
    const { points } = courseOf(series, axes, size.width * 2);
    const places = points.map((point) =>
      point === null ? gap : ([axes.x.at(point[0]), axes.y.at(point[1])] as const),
    );
    canvas.line(places, index, style.dash(index).dash);
  }
  const over = new Map<string, string>();
  for (const { x, y, shape, name } of panel.marks) {
    if (!Number.isFinite(axes.x.at(x)) || !Number.isFinite(axes.y.at(y))) continue;
    const mark = name === undefined ? glyphOf(shape) : style.paint(glyphOf(shape), indexOf(name));
    over.set(`${columnOf(axes.x.at(x), size.width)},${rowOf(axes.y.at(y), size.rows)}`, mark);
  }
  const borders = new Set(panel.borders.map(({ x }) => columnOf(axes.x.at(x), size.width)));
  return Array.from({ length: size.rows }, (_, row) =>
    Array.from({ length: size.width }, (__, column) => {
      const mark = over.get(`${column},${row}`);
      if (mark !== undefined) return mark;
      const cell = canvas.cell(column, row);
      if (cell !== null) return style.paint(cell.text, cell.owner);
      return borders.has(column) ? '┊' : ' ';
    }).join(''),
  );
}

function ruler(x: Axis, width: number): string {
  const line = Array.from({ length: width }, () => '─');
  for (const { at, label } of x.ticks) if (label !== '') line[columnOf(at, width)] = '┬';
  return line.join('');
}

/** Each label centred under its tick; one that would touch its neighbour is left out. */
function tickLabels(x: Axis, width: number): string {
  let line = '';
  for (const { at, label } of x.ticks) {
    const start = Math.min(Math.max(0, columnOf(at, width) - Math.floor(label.length / 2)), width - label.length);
    if (label === '' || start < 0 || (line !== '' && start < line.length + 2)) continue;
    line = line.padEnd(start) + label;
  }
  return line;
}

const columnOf = (at: number, width: number): number => Math.round(at * (width * 2 - 1)) >> 1;
const rowOf = (at: number, rows: number): number => Math.round((1 - at) * (rows * 4 - 1)) >> 2;
