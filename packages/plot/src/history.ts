/** One epoch as a train result reports it. */
export interface EpochMetrics {
  /** Counts from 0. */
  readonly epoch: number;
  /** Name → mean over the epoch, `loss` among them. */
  readonly train: { readonly [name: string]: number };
  readonly val?: { readonly [name: string]: number } | null;
  readonly lr: number;
}

/** A quantity of the user's own. */
export interface LoggedValues {
  /** Whether the values belong to steps within epochs, or each to a whole epoch. */
  readonly per: 'step' | 'epoch';
  /** The number of the update that each value followed; it goes on from one train call to the next. */
  readonly steps: ArrayLike<number>;
  /** The epoch of each value within the call, from 0; −1 before the first. */
  readonly epochs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** What a chart needs of a train result. */
export interface TrainHistory {
  /** On the validation data, before the first epoch. */
  readonly initial?: { readonly [name: string]: number } | null;
  readonly history: readonly EpochMetrics[];
  /** `epoch` is that of the best entry of `history`, or −1 for the state before it; null or absent: nothing is marked. */
  readonly best?: { readonly epoch: number } | null;
  /** By key. */
  readonly logged?: { readonly [key: string]: LoggedValues };
}

/** What is known after `x` epochs over all calls. */
export type Point = { readonly x: number } & Partial<Omit<EpochMetrics, 'epoch'>>;

/** A curve over epochs, which are counted from 1 over all calls, as people count them; 0 is the beginning. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The histories of a checkpoint's train calls, one after the other. */
export interface Joined {
  readonly points: readonly Point[];
  /** Between the last epoch of one call and the first of the next. */
  readonly borders: readonly number[];
  readonly best: readonly Point[];
  readonly logged: ReadonlyMap<string, Curve>;
}

export function joined(histories: readonly TrainHistory[]): Joined {
  const before: Point = { x: 0, val: histories[0]?.initial ?? null };
  const epochs = histories.flatMap(({ history }) => history).map((entry, index): Point => ({ ...entry, x: index + 1 }));
  const points = [before, ...epochs];
  const borders: number[] = [];
  const best: Point[] = [];
  const logged = new Map<string, { readonly x: number[]; readonly y: number[] }>();
  let done = 0;
  for (const { history, best: chosen, logged: quantities = {} } of histories) {
    if (done > 0 && history.length > 0) borders.push(done + 0.5);
    const at = history.findIndex(({ epoch }) => epoch === chosen?.epoch);
    if (at >= 0) best.push(points[done + at + 1]!);
    else if (chosen?.epoch === -1 && done === 0) best.push(before);
    const place = placeOf(quantities);
    for (const [key, values] of Object.entries(quantities)) {
      const curve = logged.get(key) ?? { x: [], y: [] };
      logged.set(key, curve);
      for (let i = 0; i < values.values.length; i++) {
        curve.x.push(done + place(values, i));
        curve.y.push(values.values[i]!);
      }
    }
    done += history.length;
  }
  return { points, borders, best, logged };
}

/** Where a value is within its call, in epochs that are over: the third of ten steps of the second epoch is at 1.3. */
function placeOf(quantities: { readonly [key: string]: LoggedValues }): (values: LoggedValues, i: number) => number {
  // How long an epoch is isn't said. Its last step is the last one that anything was logged at.
  const spans = new Map<number, { first: number; last: number }>();
  for (const { per, steps, epochs } of Object.values(quantities)) {
    if (per === 'epoch') continue;
    for (let i = 0; i < steps.length; i++) {
      const span = spans.get(epochs[i]!) ?? { first: steps[i]!, last: steps[i]! };
      spans.set(epochs[i]!, { first: Math.min(span.first, steps[i]!), last: Math.max(span.last, steps[i]!) });
    }
  }
  return ({ per, steps, epochs }, i) => {
    const epoch = epochs[i]!;
    const span = spans.get(epoch);
    if (per === 'epoch' || span === undefined) return epoch + 1;
    const start = spans.get(epoch - 1)?.last ?? span.first - 1;
    return epoch + (steps[i]! - start) / (span.last - start);
  };
}

/** The values of points that have one. */
export function curveOf(points: readonly Point[], value: (point: Point) => number | undefined): Curve {
  const known = points.filter((point) => value(point) !== undefined);
  return { x: known.map(({ x }) => x), y: known.map((point) => value(point)!) };
}

/** The loss first, then the metrics in the order in which they appear. */
export function scoreNames(points: readonly Point[]): readonly string[] {
  const names = new Set(['loss']);
  for (const { train, val } of points) {
    for (const name of [...Object.keys(train ?? {}), ...Object.keys(val ?? {})]) names.add(name);
  }
  return [...names];
}
