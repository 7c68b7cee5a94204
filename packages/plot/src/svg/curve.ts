import type { LineMark, SymbolMark } from 'vega';
import type { Axis } from '../axis.js';
import type { Series } from '../figure.js';
import { courseOf } from '../series.js';
import type { Drawn } from './drawn.js';
import { dash } from './theme.js';

/**
 * A curve: a line with gaps, and a dot for each point that stands alone.
 * @param id tells it from the other curves of the panel
 */
export function curve(
  id: string,
  series: Series,
  axes: { readonly x: Axis; readonly y: Axis },
  width: number,
  color: string,
): Drawn {
  const { points, alone } = courseOf(series, axes, width);
  const { faint = false, dashed = false } = series;
  const at = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } };
  const opacity = faint ? 0.5 : 1;
  const line: LineMark = {
    type: 'line',
    name: `${faint ? 'raw' : 'curve'} ${id}`,
    from: { data: `${id} line` },
    encode: {
      enter: {
        ...at,
        defined: { signal: 'datum.y !== null' },
        stroke: { value: color },
        strokeOpacity: { value: opacity },
        strokeWidth: { value: faint ? 1 : 2 },
        ...(dashed ? { strokeDash: { value: [...dash] } } : { strokeCap: { value: 'round' } }),
        strokeJoin: { value: 'round' },
      },
    },
  };
  const dots: SymbolMark = {
    type: 'symbol',
    name: `dot ${id}`,
    from: { data: `${id} alone` },
    encode: { enter: { ...at, fill: { value: color }, fillOpacity: { value: opacity }, size: { value: 32 } } },
  };
  const rows = points.map((point) => ({ x: point?.[0] ?? null, y: point?.[1] ?? null }));
  return {
    data: [
      { name: `${id} line`, values: rows },
      { name: `${id} alone`, values: alone.map(([x, y]) => ({ x, y })) },
    ],
    marks: alone.length === 0 ? [line] : [line, dots],
  };
}
