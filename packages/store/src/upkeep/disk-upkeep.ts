import type { CollectOptions, Collection, Repair, StateDigest, Upkeep, Verification } from '@reprise/core';
import { collect } from './collect.js';
import type { UpkeepParts } from './parts.js';

/** What keeps the folder of a store small and whole. */
export class DiskUpkeep implements Upkeep {
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  collect(options: CollectOptions = {}): Promise<Collection> {
    return collect(this.#parts, options);
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
