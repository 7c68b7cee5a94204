import type { OpEntry, Snapshot } from '../ports/op-log.js';
import type { Answered } from '../replay/call.js';
import { duration, titleOf } from '../replay/place.js';
import type { StoredPart } from './train-course.js';

/** How a call was answered that was not run: `replayed, had taken 12 s`. */
export function howSaid({ how, record, origin }: Answered): string {
  if (how === 'adopted') return `adopted from ${originSaid(origin)}${took(record.cost)}`;
  if (how === 'accepted') return `accepted as recorded${took(record.cost)}`;
  return origin === null
    ? `replayed${took(record.cost)}`
    : `replayed, as ${originSaid(origin)} had come to it${took(record.cost)}`;
}

/** What a train goes on from: `resumed after epoch 7 of 20, which had taken 12 s`. */
export function goneOnSaid(from: Snapshot, epochs: number): string {
  const { running, cost } = from;
  const what = running && from.epochs === epochs ? 'resumed' : `extended from ${originSaid(from)}`;
  return `${what} after ${reachedSaid(from)}${from.step === 0 ? ` of ${epochs}` : ''}${took(cost)}`;
}

/** How far a snapshot is: `epoch 7`, `epoch 7 and 120 steps`. */
export function reachedSaid({ epoch, step }: Pick<Snapshot, 'epoch' | 'step'>): string {
  const steps = `${step} ${step === 1 ? 'step' : 'steps'}`;
  return step === 0 ? `epoch ${epoch}` : epoch === 0 ? steps : `epoch ${epoch} and ${steps}`;
}

/** That so many checkpoints are no more, which callbacks had kept. */
export function goneSaid(count: number): string {
  const what =
    count === 1 ? 'A checkpoint that a callback had kept is' : `${count} checkpoints that callbacks had kept are`;
  return `${what} not there any more, so \`result.saved\` is without: a train of more epochs has found better ones.`;
}

/** How much of a train is stored: `7 of 20 epochs and 120 steps are stored`. */
export function storedSaid({ epochs, steps }: StoredPart, total: number): string {
  const whole = `${epochs} of ${total} ${total === 1 ? 'epoch' : 'epochs'}`;
  if (steps === 0) return `${whole} ${total === 1 ? 'is' : 'are'} stored`;
  const more = `${steps} ${steps === 1 ? 'step' : 'steps'}`;
  return epochs === 0
    ? `${more} of the first epoch ${steps === 1 ? 'is' : 'are'} stored`
    : `${whole} and ${more} are stored`;
}

function originSaid(origin: OpEntry | Snapshot | null): string {
  if (origin === null) return 'an earlier run';
  const place = 'place' in origin ? origin.place : origin;
  const where = `${titleOf(place)} of checkpoint '${place.checkpoint}' of model '${place.model}'`;
  return 'status' in origin && origin.status === 'superseded' ? `${where}, superseded` : where;
}

function took(cost: number): string {
  return cost < 50 ? '' : `, had taken ${duration(cost)}`;
}
