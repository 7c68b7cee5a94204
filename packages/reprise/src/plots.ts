import type { LrCurve as DrawableCurve, SuggestionRule } from '@reprise/plot';
import {
  boolean,
  checkOptions,
  checkPictureFiles,
  type LrCurve,
  oneOf,
  type PictureFiles,
  type Plotter,
  refuse,
  string,
  writePictures,
} from '@reprise/core';
import { nodeHost } from './host/node-host.js';

/** Draws with @reprise/plot, which is loaded when something is first drawn. */
export const plotter: Plotter = {
  async metrics(histories, { title, columns, color, png, metrics, name, compared }) {
    const { comparisonFigure, metricsFigure, pngChart, svgChart, terminalChart } = await import('@reprise/plot');
    const options = { title, ...(metrics === null ? {} : { metrics }) };
    const figure =
      compared.length === 0
        ? metricsFigure(histories, options)
        : comparisonFigure([{ name, histories }, ...compared], options);
    const svg = await svgChart(figure);
    return {
      lines: terminalChart(figure, { columns, color }).trimEnd().split('\n'),
      svg,
      ...(png ? { png: await pngChart(svg) } : {}),
    };
  },
};

export interface PlotLrOptions extends PictureFiles {
  /** Whether to draw on the terminal. Default true. */
  readonly terminal?: boolean;
  readonly title?: string;
  /** Which suggestions to mark, each with a shape of its own. Default `['valley']`. */
  readonly suggestions?: readonly SuggestionRule[];
}

const where = 'plotLr()';
const rules: readonly SuggestionRule[] = ['valley', 'steep', 'minimum', 'slide'];

/**
 * Draws what findLr returned, loss over learning rate: on the terminal, and as SVG and PNG files where paths are given. Several curves are compared in
 * one plot, by the names that they are given under. Returns the SVG document.
 * @throws OptionError; RepriseError `FILE_IO`
 */
export async function plotLr(
  curves: LrCurve | { readonly [name: string]: LrCurve },
  options: PlotLrOptions = {},
): Promise<string> {
  checkOptions(where, options, ['svg', 'png', 'terminal', 'title', 'suggestions']);
  const { terminal = true, title = 'learning rate', suggestions = ['valley'] } = options;
  boolean(where, 'terminal', terminal);
  string(where, 'title', title);
  if (!Array.isArray(suggestions)) refuse(where, 'suggestions', "an array such as ['valley', 'steep']", suggestions);
  for (const rule of suggestions) oneOf(where, 'suggestions', rule, rules);
  const drawable = checkedCurves(curves);
  const host = nodeHost();
  await checkPictureFiles(host, where, options);

  const { lrComparisonFigure, lrFigure, pngChart, svgChart, terminalChart } = await import('@reprise/plot');
  const how = { title, suggestions };
  const figure = drawable.one === undefined ? lrComparisonFigure(drawable.many, how) : lrFigure(drawable.one, how);
  const svg = await svgChart(figure);
  await writePictures(host, options, { svg, ...(options.png === undefined ? {} : { png: await pngChart(svg) }) });
  const { columns, colors = false } = host.output;
  if (terminal) host.output.write(terminalChart(figure, { columns: Math.min(columns, 100), color: colors }));
  return svg;
}

type Drawable =
  | { readonly one: DrawableCurve }
  | { readonly one?: never; readonly many: { readonly [name: string]: DrawableCurve } };

/** One curve, or several by name. */
function checkedCurves(curves: unknown): Drawable {
  if (isCurve(curves)) return { one: curves };
  const several = typeof curves === 'object' && curves !== null && !Array.isArray(curves) && !('lrs' in curves);
  const entries: [string, unknown][] = several ? Object.entries(curves) : [];
  if (entries.length === 0) {
    refuse(where, 'the curve', 'what findLr() returned, or several of that by name, such as { sgd, adam }', curves);
  }
  const named = entries.map(([name, curve]): [string, DrawableCurve] => [
    name,
    isCurve(curve) ? curve : refuse(where, `the curve '${name}'`, 'what findLr() returned', curve),
  ]);
  return { many: Object.fromEntries(named) };
}

function isCurve(value: unknown): value is DrawableCurve {
  if (typeof value !== 'object' || value === null) return false;
  const { lrs, losses } = value as Partial<DrawableCurve>;
  return (lrs?.length ?? 0) > 0 && losses?.length === lrs?.length;
}
