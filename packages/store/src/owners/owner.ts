import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.js';
import { type Life, lifeOf } from './life.js';
import type { ProcessIdentity, Processes } from './processes.js';

/** A row of `owners`. */
export interface OwnerRow extends ProcessIdentity {
  readonly id: string;
  /** When it last pinned a blob or renewed a lease, in milliseconds since 1970. */
  readonly beat_at: number;
}

export const ownerColumns = 'owners.id, host, boot, namespace, pid, started, beat_at';

/** An owner of whose life nothing is known counts as gone when it has been silent for so long. */
const longestSilence = 60 * 60 * 1000;

/** This opened store as a writer: what it pins and leases is in its name, and goes with it. */
export class Owner {
  readonly id: string = randomUUID();
  readonly processes: Processes;
  readonly now: () => number;

  constructor(processes: Processes, now: () => number) {
    this.processes = processes;
    this.now = now;
  }

  /** Says that it lives, and who it is where that isn't written down yet. Inside a transaction. */
  beat(database: Database): void {
    const { host, boot, namespace, pid, started } = this.processes.self;
    database.run(
      `INSERT INTO owners (id, host, boot, namespace, pid, started, beat_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at`,
      this.id,
      host,
      boot,
      namespace,
      pid,
      started,
      this.now(),
    );
  }

  lifeOf(row: OwnerRow): Life {
    return row.id === this.id ? 'alive' : lifeOf(row, this.processes);
  }

  /** Whether it is gone, or has been silent for so long that it counts as gone. */
  isGone(row: OwnerRow): boolean {
    const life = this.lifeOf(row);
    return life === 'dead' || (life === 'unknown' && row.beat_at < this.now() - longestSilence);
  }

  /** Its pins and leases go with its row. */
  leave(database: Database): void {
    if (database.get('SELECT 1 FROM owners WHERE id = ?', this.id) === undefined) return;
    database.run('DELETE FROM owners WHERE id = ?', this.id);
  }
}
