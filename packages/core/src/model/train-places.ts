import { RepriseError } from '../errors/base.js';
import type { Snapshot } from '../ports/op-log.js';
import type { Point } from '../training/course.js';

/** Whether one is no further than another. */
export function isBehind({ progress: first }: Point, { progress: second }: Point): boolean {
  const epochs = first.history.length - second.history.length;
  return epochs < 0 || (epochs === 0 && (first.partial?.steps ?? 0) <= (second.partial?.steps ?? 0));
}

/** A place in a train, as text. */
export function keyOf({ epoch, step }: Pick<Snapshot, 'epoch' | 'step'>): string {
  return `${epoch} ${step}`;
}

export function keyOfPoint({ progress: { history, partial } }: Point): string {
  return `${history.length} ${partial?.steps ?? 0}`;
}

/** The places whose states callbacks keep. */
export function keptByCallbacks({ progress: { callbacks } }: Point): ReadonlySet<string> {
  const places = Object.values(callbacks?.keeps ?? {}).flat();
  return new Set(places.map(({ epochs, steps }) => `${epochs} ${steps}`));
}

/** Says that a place which a callback keeps can't be stored. */
export function unrecordable(cause: RepriseError): RepriseError {
  return new RepriseError(
    'UNRECORDABLE_VALUE',
    `A callback asked for a checkpoint within an epoch, and what a metric gathers there can't be recorded: ${cause.message} Ask at the ends of epochs.`,
    { cause },
  );
}
