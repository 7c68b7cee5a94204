import type { Figure, Panel } from './figure.js';

/** The names of a figure's series in the order of their first appearance: a name's index decides how it looks. */
export function seriesNames(figure: Figure): readonly string[] {
  return [...new Set(figure.panels.flatMap((panel) => panel.series.map(({ name }) => name)))];
}

/** Every x of the figure: panels share their x axis. */
export function* xValues(figure: Figure): Generator<number> {
  for (const panel of figure.panels) {
    for (const { x, y } of panel.series) yield* Array.from(x).filter((_, index) => Number.isFinite(y[index]));
  }
}

export function* yValues(panel: Panel): Generator<number> {
  for (const { y } of panel.series) yield* Array.from(y);
}
