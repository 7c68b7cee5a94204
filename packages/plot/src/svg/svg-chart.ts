import type { Figure } from '../figure.js';
import { printable } from '../text.js';
import { specOf } from './spec.js';
import { textWidth } from './text-width.js';
import { darkStyle, fontSize } from './theme.js';

export interface SvgChartOptions {
  /** Pixels; 800 by default, at least 320. */
  readonly width?: number;
}

/**
 * The figure as a complete SVG document that needs nothing else: no script, no other file. Panels stand one above the other over a shared x axis;
 * title and legend are above the first. Drawn by Vega, which is loaded with the first picture: about 0.15 s.
 */
export async function svgChart(figure: Figure, options: SvgChartOptions = {}): Promise<string> {
  const vega = await import('vega');
  const spec = specOf(figure, Math.max(320, options.width ?? 800));
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.None });
  try {
    const svg = await measured(vega, () => view.toSVG());
    return `${dressed(svg, figure.title)}\n`;
  } finally {
    view.finalize();
  }
}

/** What Vega lays text out by; its types leave it out. */
interface TextMetrics {
  textMetrics: { width: (item: TextItem, text: string | number | null) => number };
}
interface TextItem {
  readonly limit?: number;
  readonly fontSize?: number;
  readonly fontWeight?: number | string;
}

function ours({ limit = 0, fontSize: size = fontSize, fontWeight }: TextItem, text: string | number | null): number {
  const width = textWidth(String(text ?? ''), size, Number(fontWeight) >= 600);
  return limit > 0 ? Math.min(width, limit) : width;
}

let others: TextMetrics['textMetrics']['width'] | null = null;
let drawing = 0;

/** Without a canvas Vega takes every letter for a wide one; how it measures is a setting of the whole module, which others may be using. */
async function measured<T>(vega: object, draw: () => Promise<T>): Promise<T> {
  const { textMetrics } = vega as TextMetrics;
  if (drawing++ === 0) {
    others = textMetrics.width;
    textMetrics.width = ours;
  }
  try {
    return await draw();
  } finally {
    if (--drawing === 0 && others !== null) textMetrics.width = others;
  }
}

/** Gives the document a title to be read out, and colours for viewers that prefer dark ones. */
function dressed(svg: string, title: string): string {
  const start = svg.indexOf('>') + 1;
  const root = svg.slice(0, start).replace('class="marks"', 'class="marks reprise" role="img"');
  return `${root}<title>${escaped(printable(title))}</title><style>${darkStyle}</style>${svg.slice(start)}`;
}

const entities: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string): string => text.replaceAll(/[&<>]/g, (character) => entities[character]!);
