import type { Collection, Repair, StateDigest, Upkeep, Verification } from '@reprise/core';

/** What keeps the folder of a store small and whole. */
export class DiskUpkeep implements Upkeep {
  collect(): Promise<Collection> {
    return Promise.reject(new Error('not built'));
  }

  verify(): Promise<Verification> {
    return Promise.reject(new Error('not built'));
  }

  repair(): Promise<Repair> {
    return Promise.reject(new Error('not built'));
  }

  damagedStates(): Promise<ReadonlySet<StateDigest>> {
    return Promise.resolve(new Set());
  }
}
