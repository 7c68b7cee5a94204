import { compare } from './compare.js';
import type { Script } from './script.js';
import { type Ran, run, runPlain, withFolder } from './session.js';

/** What a script comes to without a cache. */
export interface Truth {
  readonly run: Ran;
  /** Where the product, on a store that answers nothing, differs from the same script computed without the product's model. */
  readonly doubts: readonly string[];
}

const known = new Map<string, Truth>();

/** A function of the script: what was seen once is kept. */
export async function truthOf(script: Script): Promise<Truth> {
  const id = JSON.stringify(script);
  const seen = known.get(id);
  if (seen !== undefined) return seen;
  const ran = await withFolder((folder) => run(folder, script, { policy: 'rerun', uncached: true }));
  const truth = { run: ran, doubts: await doubtsOf(ran, script) };
  if (known.size > 500) known.clear();
  known.set(id, truth);
  return truth;
}

async function doubtsOf(ran: Ran, script: Script): Promise<readonly string[]> {
  const plain = await runPlain(script);
  const doubts: string[] = [];
  const states = new Map<string, string>();
  /** One digest of the product's is one state in memory. The other way round not: a component that was set up is not yet computed. */
  const pair = (title: string, theirs: string | null, ours: string | null): void => {
    if (theirs === null || ours === null) return;
    if ((states.get(theirs) ?? ours) !== ours)
      doubts.push(`${title}: two states that differ have the digest ${theirs}`);
    states.set(theirs, ours);
  };
  const isClear = plain.clear === plain.calls.length;
  if (isClear && ran.error !== plain.error)
    doubts.push(`an empty store: ended in ${ran.error}, and computed plainly in ${plain.error}`);
  if (isClear && ran.calls.length !== plain.calls.length) {
    doubts.push(`an empty store: ${ran.calls.length} calls, and computed plainly ${plain.calls.length}`);
  }
  for (const [i, call] of ran.calls.slice(0, plain.clear).entries()) {
    const truth = plain.calls[i];
    if (truth === undefined) break;
    const { difference } = compare(call, truth);
    if (difference !== null)
      doubts.push(`an empty store: ${call.title} differs from what is computed plainly:\n${difference}`);
    if (call.error !== truth.error)
      doubts.push(`an empty store: ${call.title} threw ${call.error}, plainly ${truth.error}`);
    pair(call.title, call.digest, truth.digest);
  }
  for (const [id, digest] of isClear ? Object.entries(ran.digests) : [])
    pair(`checkpoint '${id}'`, digest, plain.digests[id] ?? null);
  return doubts;
}
