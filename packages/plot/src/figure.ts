/** One curve. `x` and `y` have the same length; a point with a value that is not finite is a gap in the curve. */
export interface Series {
  /** Series of one name share a colour across panels, and one line of the legend. Null where the panel's label says it all. */
  readonly name: string | null;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Drawn thin and pale, behind the others: raw values behind a smoothed curve. */
  readonly faint?: boolean;
  /** Drawn dashed. A terminal, whose dashes tell names apart, leaves it out. */
  readonly dashed?: boolean;
}

export type Shape = 'circle' | 'diamond' | 'triangle' | 'square';

/** A point to point out: the best epoch, a suggested learning rate. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  /** Shown in the panel's heading. */
  readonly label: string;
  /** What is shown where the labels of all marks don't fit. */
  readonly short?: string;
  /** Gives it the colour of the series of that name. */
  readonly name?: string;
  /** Default circle. */
  readonly shape?: Shape;
}

/** Where one op ends and the next begins. */
export interface Border {
  readonly x: number;
  /** Gives it the colour of the series of that name. */
  readonly name?: string;
}

/** A plot area with a y axis of its own. */
export interface Panel {
  readonly label: string;
  readonly series: readonly Series[];
  readonly marks: readonly Mark[];
  readonly borders: readonly Border[];
  /** Values above it do not stretch the y axis; curves leave the panel through its top. */
  readonly ceiling?: number;
  /** Values below it do not stretch the y axis; curves leave the panel through its bottom. */
  readonly floor?: number;
}

/** A picture as data: panels above each other over one x axis. What draws it decides sizes, ticks and colours. */
export interface Figure {
  readonly title: string;
  readonly x: {
    readonly label: string;
    readonly scale: 'linear' | 'log';
    /** The values are counts: no tick between them. */
    readonly integer?: boolean;
  };
  readonly panels: readonly Panel[];
  /** What solid and dashed lines are, where a series is dashed. */
  readonly lines?: { readonly solid: string; readonly dashed: string };
  /** What the shapes of marks are, where short labels don't say it. */
  readonly shapes?: { readonly [shape in Shape]?: string };
}
