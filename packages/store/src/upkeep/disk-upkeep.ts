import type {
  CollectOptions,
  Collection,
  Repair,
  RepairOptions,
  StateDigest,
  Upkeep,
  Verification,
  VerifyOptions,
} from '@reprise/core';
import { collect } from './collect.js';
import { damagedStates } from './damaged.js';
import type { UpkeepParts } from './parts.js';
import { repair } from './repair.js';
import { verify } from './verify.js';

/** What keeps the folder of a store small and whole. */
export class DiskUpkeep implements Upkeep {
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  collect(options: CollectOptions = {}): Promise<Collection> {
    return collect(this.#parts, options);
  }

  verify(options: VerifyOptions = {}): Promise<Verification> {
    return verify(this.#parts, options);
  }

  repair(options: RepairOptions = {}): Promise<Repair> {
    return repair(this.#parts, options);
  }

  async damagedStates(): Promise<ReadonlySet<StateDigest>> {
    return damagedStates(this.#parts.database);
  }
}
