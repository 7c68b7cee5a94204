import type { OpEntry, OpKind } from '../ports/op-log.js';

/** Whether ops of this kind lead to another state. */
export function changesState(kind: OpKind): boolean {
  return kind === 'train' || isDerived(kind);
}

/** Whether the state after ops of this kind follows without running anything: they never diverge by themselves. */
export function isDerived(kind: OpKind): boolean {
  return kind === 'open' || kind === 'setup' || kind === 'load';
}

/**
 * The op whose state a checkpoint is in: the last live one of its block that changes the state. Not one that stands on a train of the
 * block that another has taken the place of. A setup or a load that was edited is put in place before what stands on it is asked about: until that is
 * settled, what is recorded stays the checkpoint's.
 * @param block the entries of the checkpoint's block, by position
 */
export function finalOp(block: readonly OpEntry[]): OpEntry | undefined {
  const here = new Map(block.map((entry) => [entry.id, entry]));
  const stands = (entry: OpEntry): boolean => {
    for (let at: OpEntry | undefined = entry; at !== undefined; at = here.get(at.parent ?? -1)) {
      if (at.status !== 'live' && !isDerived(at.kind)) return false;
    }
    return true;
  };
  return block.toReversed().find((entry) => entry.status === 'live' && changesState(entry.kind) && stands(entry));
}
