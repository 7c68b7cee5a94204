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
import { damagedStates } from './damaged.js';
import type { UpkeepParts } from './parts.js';

/** What keeps the folder of a store small and whole. A replay does none of that, so each part is loaded when it is first asked for. */
export class DiskUpkeep implements Upkeep {
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  async collect(options: CollectOptions = {}): Promise<Collection> {
    const { collect } = await import('./collect.js');
    return collect(this.#parts, options);
  }

  async verify(options: VerifyOptions = {}): Promise<Verification> {
    const { verify } = await import('./verify.js');
    return verify(this.#parts, options);
  }

  async repair(options: RepairOptions = {}): Promise<Repair> {
    const { repair } = await import('./repair.js');
    return repair(this.#parts, options);
  }

  async damagedStates(): Promise<ReadonlySet<StateDigest>> {
    return damagedStates(this.#parts.database);
  }
}
