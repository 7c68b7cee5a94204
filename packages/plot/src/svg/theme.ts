import type { Config } from 'vega';

/**
 * Line colours that keep a contrast of 3 : 1 and more against both backgrounds. The first six stay apart for colour-blind eyes in their order; from
 * the eleventh name on they begin anew.
 */
export const colors: readonly string[] = [
  '#3d7fd0',
  '#d9702b',
  '#2f9e76',
  '#b25fb8',
  '#9a8412',
  '#7d7d85',
  '#cf4a5f',
  '#1f93a8',
  '#a0643c',
  '#6f6fd6',
];

/** Of a curve without a name. */
export const plainColor = '#5f7d9c';

export const back = { light: '#ffffff', dark: '#0d1117' } as const;
export const text = { light: '#57606a', dark: '#9198a1' } as const;
export const strong = { light: '#24292f', dark: '#e6edf3' } as const;
export const lineColor = '#8c959f';

export const markColor: string = strong.light;

/** The first is what PNG files are drawn with; where it isn't installed, a viewer of the SVG takes one of its own. */
export const fontFamily = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

export const fontSize = 12;

export const dash = [5, 4] as const;

export const config: Config = {
  background: back.light,
  axis: {
    labelFont: fontFamily,
    titleFont: fontFamily,
    labelColor: text.light,
    titleColor: text.light,
    labelFontSize: fontSize,
    titleFontSize: fontSize,
    titleFontWeight: 'normal',
    domainColor: lineColor,
    tickColor: lineColor,
    gridColor: lineColor,
    gridOpacity: 0.22,
    labelOverlap: 'greedy',
    labelSeparation: 6,
    titlePadding: 6,
  },
  legend: {
    labelFont: fontFamily,
    titleFont: fontFamily,
    labelColor: text.light,
    titleColor: text.light,
    labelFontSize: fontSize,
    titleFontSize: fontSize,
    orient: 'top',
    columnPadding: 18,
    rowPadding: 4,
    symbolSize: 400,
    symbolStrokeWidth: 2,
    symbolType: 'stroke',
    layout: { top: { anchor: 'start', direction: 'horizontal', margin: 28, center: false } },
  },
  title: {
    font: fontFamily,
    anchor: 'start',
    color: strong.light,
    fontSize: 16,
    fontWeight: 600,
    frame: 'group',
    offset: 10,
  },
};

/** Dark where the viewer prefers that. The picture brings its own background, so it reads on any page. */
export const darkStyle: string = `@media (prefers-color-scheme: dark) {
.reprise > rect { fill: ${back.dark}; }
.reprise .mark-text text { fill: ${text.dark}; }
.reprise .role-title-text text, .reprise .name text { fill: ${strong.dark}; }
.reprise path[fill='${back.light}'] { fill: ${back.dark}; }
.reprise path[stroke='${strong.light}'] { stroke: ${strong.dark}; }
}`;
