/** One curve. `x` and `y` have the same length; a point with a value that is not finite is a gap in the curve. */
export interface Series {
  /** Series of one name share a colour across panels, and one line of the legend. */
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Drawn thin and pale, behind the others: raw values behind a smoothed curve. */
  readonly faint?: boolean;
}

/** A point to point out: the best epoch, a suggested learning rate. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  /** Shown in the panel's heading. */
  readonly label: string;
}

/** A plot area with a y axis of its own. */
export interface Panel {
  readonly label: string;
  readonly series: readonly Series[];
  readonly marks: readonly Mark[];
  /** Positions on the x axis where one op ends and the next begins. */
  readonly borders: readonly number[];
  /** Values above it do not stretch the y axis; curves leave the panel through its top. */
  readonly ceiling?: number;
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
}
