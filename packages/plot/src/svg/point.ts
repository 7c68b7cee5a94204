import type { NumericValueRef, SymbolMark } from 'vega';
import type { Shape } from '../figure.js';
import { back } from './theme.js';

export const shapes = { circle: 'circle', diamond: 'diamond', triangle: 'triangle-up', square: 'square' } as const;
// Square pixels of shapes that look equally large.
const sizes = { circle: 62, diamond: 74, triangle: 66, square: 58 } as const;

/** What `points` needs of a row to know how it looks. */
export const look = (shape: Shape, color: string): object => ({ shape: shapes[shape], size: sizes[shape], color });

/** Points that are pointed out: outlines that cover what is below them. The rows of `data` have a `look`. */
export function points(name: string, data: string, x: NumericValueRef, y: NumericValueRef): SymbolMark {
  return {
    type: 'symbol',
    name,
    from: { data },
    encode: {
      enter: {
        x,
        y,
        shape: { field: 'shape' },
        size: { field: 'size' },
        fill: { value: back.light },
        stroke: { field: 'color' },
        strokeWidth: { value: 2 },
      },
    },
  };
}
