import type { TrainProgress } from './course.js';
import { figures, rate } from './format.js';
import type { EpochRecord } from './result.js';

/** What a train prints of the epochs so far. */
export function linesOf({ initial, history }: TrainProgress, total: number): readonly string[] {
  const before = initial === null ? [] : [`${epochLabel(-1, total)}  ${figures(initial, 'val_')}`];
  return [...before, ...history.map((record) => epochLine(record, total))];
}

export function epochLine({ epoch, train, val, lr, time }: EpochRecord, total: number): string {
  const parts = [epochLabel(epoch, total), figures(train), ...(val === null ? [] : [figures(val, 'val_')])];
  return [...parts, `lr ${rate(lr)}`, `${time.toFixed(1)} s`].join('  ');
}

/** People count epochs from 1. */
export function epochLabel(epoch: number, total: number): string {
  const width = String(total).length;
  return epoch < 0 ? 'before'.padEnd(7 + 2 * width) : `epoch ${String(epoch + 1).padStart(width)}/${total}`;
}
