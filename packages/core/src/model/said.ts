import type { OpEntry, Snapshot } from '../ports/op-log.js';
import type { Answered } from '../replay/call.js';
import { duration, titleOf } from '../replay/place.js';

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
  const { epoch, running, cost } = from;
  const what = running && from.epochs === epochs ? 'resumed' : `extended from ${originSaid(from)}`;
  return `${what} after epoch ${epoch} of ${epochs}${took(cost)}`;
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
