export type { Figure, Mark, Panel, Series } from './figure.js';
export { lrFigure } from './lr-figure.js';
export type { LrCurve } from './lr-figure.js';
export { metricsFigure } from './metrics-figure.js';
export type { EpochMetrics, TrainHistory } from './metrics-figure.js';
export { svgChart } from './svg/svg-chart.js';
export type { SvgChartOptions } from './svg/svg-chart.js';
export { terminalChart } from './terminal/terminal-chart.js';
export type { TerminalChartOptions } from './terminal/terminal-chart.js';
