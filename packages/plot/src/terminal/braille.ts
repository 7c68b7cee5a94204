/** How a line is broken up, so that lines differ without colour: dots drawn, then dots left out. */
export interface Dash {
  readonly on: number;
  readonly off: number;
}

// The bit of each dot of a braille cell, by row and column (Unicode 15, section 21.1).
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** A grid of characters that each hold 2 × 4 dots. Fractions run from 0 to 1, left to right and bottom to top. */
export class BrailleCanvas {
  readonly #columns: number;
  readonly #rows: number;
  readonly #dots: Uint8Array;
  readonly #owner: Int16Array;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    this.#dots = new Uint8Array(columns * rows);
    this.#owner = new Int16Array(columns * rows).fill(-1);
  }

  /** Joins the points; a point that is not finite ends a line, the next begins another. Dots outside are left out. */
  line(points: Iterable<readonly [number, number]>, owner: number, dash: Dash): void {
    let previous: readonly [number, number] | null = null;
    let drawn = 0;
    for (const [x, y] of points) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        previous = null;
        drawn = 0;
        continue;
      }
      const point = [x * (this.#columns * 2 - 1), (1 - y) * (this.#rows * 4 - 1)] as const;
      const from: readonly [number, number] = previous ?? point;
      const steps = Math.max(1, Math.ceil(Math.max(Math.abs(point[0] - from[0]), Math.abs(point[1] - from[1]))));
      for (let step = previous === null ? steps : 1; step <= steps; step++) {
        const part = step / steps;
        if (drawn++ % (dash.on + dash.off) >= dash.on) continue;
        this.#dot(
          Math.round(from[0] + (point[0] - from[0]) * part),
          Math.round(from[1] + (point[1] - from[1]) * part),
          owner,
        );
      }
      previous = point;
    }
  }

  /** The character of a cell, and the line that was drawn there last; null where nothing was. */
  cell(column: number, row: number): { readonly text: string; readonly owner: number } | null {
    const index = row * this.#columns + column;
    const dots = this.#dots[index]!;
    return dots === 0 ? null : { text: String.fromCodePoint(0x2800 + dots), owner: this.#owner[index]! };
  }

  #dot(x: number, y: number, owner: number): void {
    if (x < 0 || y < 0 || x >= this.#columns * 2 || y >= this.#rows * 4) return;
    const index = (y >> 2) * this.#columns + (x >> 1);
    this.#dots[index]! |= bits[y & 3]![x & 1]!;
    this.#owner[index] = owner;
  }
}
