import { type Head, publishChain } from '../replay/chain.js';
import type { CapturedState } from '../state/capture.js';
import { netStateDict, type NetStateDict } from '../weights/weights.js';
import type { Runtime } from './runtime.js';

/** The net's tensors in the state of a head, or in a captured one, copied. Loads the engine only where they are still those of a seed. */
export async function stateDictOf({ description, states }: Runtime, head: Head | CapturedState): Promise<NetStateDict> {
  if ('engine' in head) return netStateDict(description, head.engine.net);
  // What is not logged yet may not be in the store.
  await publishChain(head.op);
  return netStateDict(description, await states.netOf(head));
}
