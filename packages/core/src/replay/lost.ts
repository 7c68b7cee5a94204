import { RepriseError } from '../errors/base.js';
import type { OpLog, Place } from '../ports/op-log.js';
import type { ChainOp } from './chain.js';
import { placeSaid } from './place.js';

/** What a call stands on may have been deleted by another process: better said before it runs than after. */
export async function requireParent(
  log: OpLog,
  { entry, place }: ChainOp,
  outcome: string = 'Nothing was run',
): Promise<void> {
  if (entry === null || (await log.entry(entry)) !== undefined) return;
  throw new RepriseError(
    'NO_CHECKPOINT',
    `Checkpoint '${place.checkpoint}' of model '${place.model}', which this call stands on, was deleted by another process. ` +
      `${outcome}. Run the script again: it computes the checkpoint anew.`,
  );
}

/** Recomputed in the middle of a script, an op came to other bits: what the script stands on is not there any more. */
export function stateChanged(place: Place): RepriseError {
  return new RepriseError(
    'STATE_CHANGED',
    `${placeSaid(place)} had to be computed again, since its state can't be read, and it came to another one: bits depend on the kind of processor and the ` +
      'version of the engine. It is recorded as a new op that supersedes the old one. Run the script again: it goes on from there.',
  );
}
