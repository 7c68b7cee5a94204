import { axis } from '../axis.js';
import type { Axis } from '../axis.js';
import type { Figure } from '../figure.js';
import { seriesNames, xValues, yValues } from '../series.js';
import { fitted } from '../text.js';
import { element, textElement } from './elements.js';
import { drawPanel } from './panel.js';
import type { Box } from './panel.js';
import { characterWidth, colorOf, style } from './theme.js';

export interface SvgChartOptions {
  /** Pixels; 800 by default, at least 240. */
  readonly width?: number;
  /** Pixels; by default about 210 a panel, and room for the legend and the x axis. */
  readonly height?: number;
}

const top = 44;
const bottom = 44;
const headingHeight = 40;

/**
 * The figure as a complete SVG document that needs nothing else: no script, no font, no other file. Panels stand one
 * above the other over a shared x axis; heading and legend are above the first.
 */
export function svgChart(figure: Figure, options: SvgChartOptions = {}): string {
  const width = Math.max(240, options.width ?? 800);
  const count = Math.max(1, figure.panels.length);
  const height = Math.max(
    top + bottom + count * (headingHeight + 40),
    options.height ?? Math.max(340, top + bottom + count * 210),
  );
  const panelHeight = (height - top - bottom) / count;
  const names = seriesNames(figure);
  const yAxes = figure.panels.map((panel) =>
    axis(yValues(panel), {
      scale: 'linear',
      count: Math.max(2, Math.floor((panelHeight - headingHeight) / 34)),
      nice: true,
      ...(panel.ceiling === undefined ? {} : { ceiling: panel.ceiling }),
    }),
  );
  const longest = Math.max(3, ...yAxes.flatMap(({ ticks }) => ticks.map((tick) => tick.label.length)));
  const left = longest * characterWidth + 20;
  const right = width - 24;
  const x = axis(xValues(figure), { ...figure.x, count: Math.max(2, Math.floor((right - left) / 70)) });

  const panels = figure.panels.flatMap((panel, index) => {
    const start = top + index * panelHeight;
    const box = { left, right, top: start + headingHeight, bottom: start + panelHeight };
    return drawPanel(panel, { x, y: yAxes[index]! }, box, (name) => colorOf(names.indexOf(name)));
  });
  const parts = [
    textElement('title', figure.title),
    element('style', {}, [style]),
    element('rect', { class: 'back', width, height }),
    ...header(figure.title, names, { left, right }),
    ...panels,
    ...xLabels(x, figure.x.label, { left, right, top, bottom: height - bottom }),
  ];
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  return `${element('svg', { xmlns: 'http://www.w3.org/2000/svg', ...size, role: 'img' }, parts)}\n`;
}

/** The title at the left, the legend at the right, both on one line; names that don't fit are cut short. */
function header(title: string, names: readonly string[], { left, right }: { left: number; right: number }): string[] {
  const sample = 22;
  const gap = 18;
  const half = (right - left) / 2;
  const room = Math.floor(((half - gap) / Math.max(1, names.length) - sample - gap) / characterWidth);
  const shown = names.map((name) => fitted(name, Math.max(2, room)));
  const width = shown.reduce((sum, name) => sum + sample + name.length * characterWidth + gap, -gap);
  let at = right - width;
  const legend = shown.flatMap((name, index) => {
    const start = at;
    at += sample + name.length * characterWidth + gap;
    return [
      element('path', { class: 'curve', stroke: colorOf(index), d: `M${start.toFixed(1)},22h16` }),
      textElement('text', name, { x: start + sample, y: 26 }),
    ];
  });
  const titleRoom = Math.floor((right - width - gap - left) / (characterWidth + 2));
  return [textElement('text', fitted(title, titleRoom), { class: 'strong title', x: left, y: 27 }), ...legend];
}

/** The labels of the x axis below the lowest panel; one that would touch its neighbour is left out. */
function xLabels(x: Axis, name: string, box: Box): string[] {
  const parts: string[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const { at, label } of x.ticks) {
    const center = box.left + at * (box.right - box.left);
    const half = (label.length * characterWidth) / 2;
    if (label === '' || center - half < end + 6) continue;
    parts.push(textElement('text', label, { x: center, y: box.bottom + 18, 'text-anchor': 'middle' }));
    end = center + half;
  }
  const middle = (box.left + box.right) / 2;
  return [...parts, textElement('text', name, { x: middle, y: box.bottom + 36, 'text-anchor': 'middle' })];
}
