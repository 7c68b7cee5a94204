import type { OpEntry } from '../ports/op-log.js';

/**
 * The op outside of its checkpoint's block that an op's block stands on; undefined where that was removed.
 * @param entries those of the model, by number
 */
export function standsOn(entry: OpEntry, entries: ReadonlyMap<number, OpEntry>): OpEntry | undefined {
  let at: OpEntry | undefined = entry;
  while (at !== undefined && at.checkpoint === entry.checkpoint && at.lane !== 'root')
    at = entries.get(at.parent ?? -1);
  return at;
}
