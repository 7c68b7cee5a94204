import type { OnProgress } from '@reprise/core';
import type { Rebuilt } from './rebuild-store.js';

/**
 * Makes the log of a store anew from its blobs, where log.db is missing, empty or damaged: each call keeps itself and its record in a blob. Models, checkpoints,
 * calls, records and states come back; tags, acceptances, what was said to settle divergences, accounts of runs and snapshots of unfinished trains don't. Reads
 * every byte. The old log is moved into `damaged/` in the last step, so a rebuild that is stopped has changed nothing; where the new one can't take its place,
 * it is put back. Where format.json alone is damaged, that is written anew and the log is kept.
 * @throws RepriseError `REFUSED` where the log is whole; StoreError `FORMAT_VERSION` where a newer release wrote the store, and others
 */
export async function rebuildStore(folder: string, onProgress: OnProgress = () => undefined): Promise<Rebuilt> {
  // Only a damaged store needs it.
  const { rebuild } = await import('./rebuild-store.js');
  return rebuild(folder, onProgress);
}
