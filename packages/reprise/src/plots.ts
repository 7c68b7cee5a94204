import { checkOptions, type LrCurve, type Plotter, refuse } from '@reprise/core';
import { nodeHost } from './host/node-host.js';

/** Draws with @reprise/plot, which is loaded when something is first drawn. */
export const plotter: Plotter = {
  async metrics(histories, { title, columns, color }) {
    const { metricsFigure, svgChart, terminalChart } = await import('@reprise/plot');
    const figure = metricsFigure(histories, title);
    return { lines: terminalChart(figure, { columns, color }).trimEnd().split('\n'), svg: svgChart(figure) };
  },
};

export interface PlotLrOptions {
  /** Where to write the picture as SVG. */
  readonly svg?: string;
  /** Whether to draw on the terminal. Default true. */
  readonly terminal?: boolean;
  readonly title?: string;
}

/** Draws what findLr returned, loss over learning rate: on the terminal, and as SVG where a path is given. Returns the SVG document. */
export async function plotLr(curve: LrCurve, options: PlotLrOptions = {}): Promise<string> {
  checkOptions('plotLr()', options, ['svg', 'terminal', 'title']);
  const { svg: path, terminal = true, title } = options;
  const drawable = (curve?.lrs?.length ?? 0) > 0 && curve.losses?.length === curve.lrs.length;
  if (!drawable) refuse('plotLr()', 'the curve', 'what findLr() returned', curve);
  const { lrFigure, svgChart, terminalChart } = await import('@reprise/plot');
  const figure = lrFigure(curve, title);
  const { stdout } = process;
  if (terminal)
    stdout.write(terminalChart(figure, { columns: Math.min(stdout.columns ?? 80, 100), color: stdout.isTTY }));
  const svg = svgChart(figure);
  if (path !== undefined) await nodeHost().writeFile(path, new TextEncoder().encode(svg));
  return svg;
}
