import type { TextMark } from 'vega';
import type { Shape } from '../figure.js';
import { printable } from '../text.js';
import type { Drawn } from './drawn.js';
import { look, points } from './point.js';
import { textWidth } from './text-width.js';
import { fontFamily, fontSize, strong, text as textColor } from './theme.js';

/** What a mark is, behind its shape. */
export interface Label {
  readonly label: string;
  readonly short?: string;
  readonly shape: Shape;
  readonly color: string;
}

const nameSize = 13;
const gap = 12;
const symbol = 14;
const middle = { value: -14 };

/** Whether the labels fit beside a panel's name as they are, in a plot area so many pixels wide. */
export function labelsFit(name: string, labels: readonly Pick<Label, 'label'>[], width: number): boolean {
  return labels.reduce((sum, { label }) => sum + widthOf(label) + gap, 0) <= roomBeside(name, width);
}

/**
 * The line above a plot area: the panel's name at the left, and at the right the labels of its marks, each behind its shape: the latest that
 * there is room for.
 * @param width of the plot area in pixels, at least
 */
export function heading(
  name: string,
  labels: readonly Label[],
  { width, short: shortened }: { readonly width: number; readonly short: boolean },
): Drawn {
  const room = roomBeside(name, width);
  const omitted = textWidth('…', fontSize) + gap;
  const texts: { readonly left: number; readonly text: string }[] = [];
  const shapes: object[] = [];
  let right = 0;
  for (let i = labels.length - 1; i >= 0; i--) {
    const { label, short = label, shape, color } = labels[i]!;
    const text = printable(shortened ? short : label);
    if (right + widthOf(text) + gap + (i === 0 ? 0 : omitted) > room) {
      if (right > 0) texts.push({ left: -right - textWidth('…', fontSize), text: '…' });
      break;
    }
    right += widthOf(text);
    shapes.push({ left: symbol / 2 - 2 - right, ...look(shape, color) });
    texts.push({ left: symbol - right, text });
    right += gap;
  }
  const left = { signal: 'width', offset: { field: 'left' } };
  return {
    data: [
      { name: 'name row', values: [{ text: printable(name) }] },
      { name: 'label rows', values: texts },
      { name: 'shape rows', values: shapes },
    ],
    marks: [
      nameMark(right === 0 ? width : width - right - gap),
      labelMark(left),
      points('best key', 'shape rows', left, middle),
    ],
  };
}

const widthOf = (label: string): number => symbol + textWidth(printable(label), fontSize);

/** A name takes at most half of the line. */
const roomBeside = (name: string, width: number): number =>
  width - Math.min(textWidth(printable(name), nameSize, true), width / 2) - gap;

function nameMark(limit: number): TextMark {
  return {
    type: 'text',
    name: 'name',
    from: { data: 'name row' },
    encode: {
      enter: {
        x: { value: 0 },
        y: middle,
        baseline: { value: 'middle' },
        font: { value: fontFamily },
        fontSize: { value: nameSize },
        fontWeight: { value: 600 },
        fill: { value: strong.light },
        limit: { value: limit },
        text: { field: 'text' },
      },
    },
  };
}

function labelMark(x: object): TextMark {
  return {
    type: 'text',
    name: 'label',
    from: { data: 'label rows' },
    encode: {
      enter: {
        x,
        y: middle,
        baseline: { value: 'middle' },
        font: { value: fontFamily },
        fontSize: { value: fontSize },
        fill: { value: textColor.light },
        text: { field: 'text' },
      },
    },
  };
}
