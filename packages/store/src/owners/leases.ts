import type { Lease, LeaseHolder, LeaseOf, Leases } from '@reprise/core';
import type { Database } from '../database/database.js';
import { Hold } from './hold.js';
import { type Owner, type OwnerRow, ownerColumns } from './owner.js';
import type { ProcessIdentity } from './processes.js';

/** A lease that is not renewed goes to whoever asks next after so long, in milliseconds. */
export const leaseTime: number = 60_000;
/** Renewed so often: a process has to miss several turns to lose it. */
const renewEvery = 15_000;

interface LeaseRow extends OwnerRow {
  readonly token: number;
  readonly taken_at: number;
  readonly expires_at: number;
}

/**
 * Leases as rows of the log, one a sequence of calls. Taking and giving back cost a commit each. The token is what protects: a lease says who may
 * begin, and a process that lost its own without noticing is told when it commits.
 */
export class SqliteLeases implements Leases {
  readonly #database: Database;
  readonly #owner: Owner;
  /** By token. */
  readonly #holds = new Map<number, Hold>();
  #renewing: NodeJS.Timeout | undefined;

  constructor(database: Database, owner: Owner) {
    this.#database = database;
    this.#owner = owner;
    inProcess(owner).set(owner.id, this);
  }

  async take(of: LeaseOf): Promise<Lease | LeaseHolder> {
    const taken = this.#database.write(() => this.#take(of));
    return taken instanceof Hold ? this.#lease(taken) : taken;
  }

  async holder(of: LeaseOf): Promise<LeaseHolder | undefined> {
    const row = this.#find(of);
    return row === undefined || this.#shared(row) !== undefined || this.#isFree(row) ? undefined : holderOf(row);
  }

  async heldOf(model: string): Promise<readonly (LeaseOf & LeaseHolder)[]> {
    const sql = `SELECT checkpoint, lane, token, taken_at, expires_at, ${ownerColumns}
      FROM leases JOIN owners ON owners.id = leases.owner WHERE model = ? ORDER BY checkpoint, lane`;
    return this.#database
      .all<LeaseRow & Pick<LeaseOf, 'checkpoint' | 'lane'>>(sql, model)
      .filter((row) => this.#shared(row) === undefined && !this.#isFree(row))
      .map((row) => ({ model, checkpoint: row.checkpoint, lane: row.lane, ...holderOf(row) }));
  }

  /** Gives back what is held. */
  close(): void {
    for (const hold of this.#holds.values()) {
      try {
        this.#leave(hold);
      } catch {
        // It expires by itself.
      }
    }
    clearInterval(this.#renewing);
    inProcess(this.#owner).delete(this.#owner.id);
  }

  #take(of: LeaseOf): Hold | LeaseHolder {
    const row = this.#find(of);
    if (row !== undefined) {
      const shared = this.#shared(row);
      if (shared !== undefined) return shared;
      if (!this.#isFree(row)) return holderOf(row);
      this.#database.run('DELETE FROM leases WHERE token = ?', row.token);
    }
    const now = this.#owner.now();
    this.#owner.beat(this.#database);
    const { id } = this.#database.run(
      'INSERT INTO leases (model, checkpoint, lane, owner, taken_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
      of.model,
      of.checkpoint,
      of.lane,
      this.#owner.id,
      now,
      now + leaseTime,
    );
    return new Hold(id);
  }

  #find({ model, checkpoint, lane }: LeaseOf): LeaseRow | undefined {
    const sql = `SELECT token, taken_at, expires_at, ${ownerColumns} FROM leases JOIN owners ON owners.id = leases.owner
      WHERE model = ? AND checkpoint = ? AND lane = ?`;
    return this.#database.get<LeaseRow>(sql, model, checkpoint, lane);
  }

  /** What this process holds already, by this store or another one that it has opened on the same folder. */
  #shared({ id, token }: LeaseRow): Hold | undefined {
    const store = inProcess(this.#owner).get(id);
    return store === undefined ? undefined : store.#holds.get(token);
  }

  #isFree(row: LeaseRow): boolean {
    return row.expires_at <= this.#owner.now() || this.#owner.lifeOf(row) === 'dead';
  }

  #lease(hold: Hold): Lease {
    hold.enter(this);
    this.#holds.set(hold.token, hold);
    this.#renewing ??= setInterval(() => this.#renew(), renewEvery).unref();
    let released = false;
    const release = async (): Promise<void> => {
      if (released) return;
      released = true;
      if (this.#holds.get(hold.token) === hold && hold.exit(this)) this.#leave(hold);
    };
    return { token: hold.token, release };
  }

  #leave(hold: Hold): void {
    this.#holds.delete(hold.token);
    if (this.#holds.size === 0) {
      clearInterval(this.#renewing);
      this.#renewing = undefined;
    }
    const other = hold.leave(this);
    this.#database.write(() => {
      if (other === undefined) {
        this.#database.run('DELETE FROM leases WHERE token = ?', hold.token);
        return;
      }
      // Another store that this process has opened still holds it, and must not lose it when this one is closed.
      other.#owner.beat(this.#database);
      this.#database.run('UPDATE leases SET owner = ? WHERE token = ?', other.#owner.id, hold.token);
    });
  }

  #renew(): void {
    try {
      this.#database.write(() => {
        this.#owner.beat(this.#database);
        const expires = this.#owner.now() + leaseTime;
        for (const token of this.#holds.keys()) {
          this.#database.run('UPDATE leases SET expires_at = ? WHERE token = ?', expires, token);
        }
      });
    } catch {
      // The next turn tries again; where the lease is lost by then, the commit is told.
    }
  }
}

/** The stores that a process has open, by their owner's id. */
function inProcess({ processes: { self } }: Owner): Map<string, SqliteLeases> {
  const stores = opened.get(self) ?? new Map<string, SqliteLeases>();
  opened.set(self, stores);
  return stores;
}

const opened = new WeakMap<ProcessIdentity, Map<string, SqliteLeases>>();

function holderOf({ host, pid, taken_at: since }: LeaseRow): LeaseHolder {
  return { host, pid, since };
}
