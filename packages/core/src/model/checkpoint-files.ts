import type { SavedCheckpoint, SavedCheckpoints } from '../callbacks/callback.js';
import type { Fingerprint } from '../values/digest.js';
import { isUnreadable } from '../state/unreadable.js';
import { portableState } from './portable-file.js';
import type { Runtime } from './runtime.js';

/**
 * Writes the files of a replayed train's checkpoints that are missing: on another machine, or where somebody removed them. The store has their states. Costs
 * a look at each file; no engine.
 */
export async function writeMissing(
  runtime: Runtime,
  series: Fingerprint | null,
  saved: { readonly [callback: string]: SavedCheckpoints },
): Promise<void> {
  const { files } = runtime.host;
  if (files === undefined || series === null) return;
  for (const { kept, last, weightsOnly } of Object.values(saved)) {
    for (const each of last === null ? kept : [...kept, last]) {
      const { path } = each;
      if (path === null || (await files.exists(path))) continue;
      const bytes = await bytesOf(runtime, series, each, weightsOnly);
      if (bytes !== null) await files.write(path, bytes);
    }
  }
}

/** Null where the store has that state no more, which is said. */
async function bytesOf(
  runtime: Runtime,
  series: Fingerprint,
  { epochs, steps, name, path }: SavedCheckpoint,
  weightsOnly: boolean,
): Promise<Uint8Array | null> {
  const snapshots = await runtime.store.log.snapshots({ series });
  const found = snapshots.find(({ epoch, step }) => epoch === epochs && step === steps);
  try {
    if (found !== undefined) return await portableState(runtime, found.state, weightsOnly);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  runtime.note(
    `${path} is missing, and the store can't write it again: it has the state of the checkpoint '${name}' no more.`,
  );
  return null;
}
