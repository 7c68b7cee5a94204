import type { LoggedView } from '../callbacks/logged.js';
import { prefixed } from '../training/monitors.js';
import type { EpochRecord, Scores } from '../training/result.js';
import type { LoggedPoint } from './logger.js';

/** The figures of a train, as far as it is. */
export interface Figures {
  readonly initial: Scores | null;
  readonly history: readonly EpochRecord[];
  readonly logged?: { readonly [key: string]: LoggedView };
  /** Updates over the life of the state, before the call; null where that is not known. */
  readonly begun: number | null;
}

/** How much of it was told. */
export interface Told {
  readonly initial: boolean;
  readonly epochs: number;
  readonly logged: ReadonlyMap<string, number>;
  /** The point that came last. */
  readonly last: Placed | null;
}

export const nothingTold: Told = { initial: false, epochs: 0, logged: new Map(), last: null };

/** A point with its place in the order of all of them, which follows from the figures alone: records have lost that in which keys were first logged. */
interface Placed {
  readonly point: LoggedPoint;
  /** Which value of its key it is in its moment. */
  readonly nth: number;
  /** The place of an epoch's own score; what was logged comes behind these, by key. */
  readonly place: number;
}

/**
 * What is new since so much was told.
 * @param before what was logged from this step on is left for later: more may come of it
 * @returns `inOrder`: whether it all comes behind what was told
 */
export function pointsSince(
  told: Told,
  figures: Figures,
  before: number = Infinity,
): { readonly points: readonly LoggedPoint[]; readonly told: Told; readonly inOrder: boolean } {
  const { logged = {}, initial, history } = figures;
  const counts = new Map(told.logged);
  const points = scoresSince(told, figures);
  for (const [key, quantity] of Object.entries(logged)) {
    const from = counts.get(key) ?? 0;
    const to = until(quantity.steps, from, before);
    addTo(points, key, quantity, from, to);
    counts.set(key, to);
  }
  points.sort(compare);
  const [first] = points;
  const last = points.at(-1) ?? told.last;
  // Until it is logged more finely, the rate is an epoch's own score.
  const finer = told.epochs > 0 && counts.has('lr') && !told.logged.has('lr');
  const follows = first === undefined || told.last === null || compareMoments(told.last.point, first.point) < 0;
  return {
    points: points.map(({ point }) => point),
    told: { initial: told.initial || initial !== null, epochs: history.length, logged: counts, last },
    inOrder: follows && !finer,
  };
}

/** Scores of epochs, the learning rate among them unless a callback logs it. */
function scoresSince(told: Told, { initial, history, logged = {}, begun }: Figures): Placed[] {
  const points: Placed[] = [];
  const add = (scores: { readonly [key: string]: number }, step: number | null, epoch: number): void => {
    for (const [place, [key, value]] of Object.entries(scores).entries())
      points.push({ point: { key, value, step, epoch, per: 'epoch' }, nth: 0, place });
  };
  if (!told.initial && initial !== null) add(prefixed('val', initial), begun, -1);
  for (const { epoch, train, val, lr, step = null } of history.slice(told.epochs)) {
    add({ ...prefixed('train', train), ...prefixed('val', val), ...('lr' in logged ? {} : { lr }) }, step, epoch);
  }
  return points;
}

function addTo(
  points: Placed[],
  key: string,
  { per, steps, epochs, values }: LoggedView,
  from: number,
  to: number,
): void {
  const isOneMoment = (a: number, b: number): boolean => steps[a] === steps[b] && epochs[a] === epochs[b];
  let nth = 0;
  // The first of them may be of a moment that was told in part.
  while (nth < from && isOneMoment(from - nth - 1, from)) nth++;
  for (let i = from; i < to; i++) {
    if (i > from) nth = isOneMoment(i - 1, i) ? nth + 1 : 0;
    const [step, epoch, value] = [steps[i] as number, epochs[i] as number, values[i] as number];
    points.push({ point: { key, value, step, epoch, per }, nth, place: Infinity });
  }
}

/** How many of these steps come before one; they only grow. */
function until(steps: ArrayLike<number>, from: number, before: number): number {
  let to = steps.length;
  while (to > from && (steps[to - 1] as number) >= before) to--;
  return to;
}

function compare(a: Placed, b: Placed): number {
  const order = compareMoments(a.point, b.point) || a.nth - b.nth;
  if (order !== 0) return order;
  if (a.place !== b.place) return a.place < b.place ? -1 : 1;
  return a.point.key < b.point.key ? -1 : a.point.key > b.point.key ? 1 : 0;
}

/** A moment is a row of a table: all that is of one step, or of one epoch. */
function compareMoments(a: LoggedPoint, b: LoggedPoint): number {
  return (a.step ?? -1) - (b.step ?? -1) || a.epoch - b.epoch || Number(a.per === 'epoch') - Number(b.per === 'epoch');
}
