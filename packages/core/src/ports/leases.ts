import type { Lane } from './op-log.js';

/** What one writer at a time has: a sequence of calls of a checkpoint. */
export interface LeaseOf {
  readonly model: string;
  readonly checkpoint: string;
  readonly lane: Lane;
}

/** A lease that is held, kept alive in the background until it is released. */
export interface Lease {
  /**
   * The fencing token: a whole number that grows with every lease that is taken. `OpLog.commit` refuses one that another lease has replaced, so
   * that a process which was taken for dead writes nothing when it wakes.
   */
  readonly token: number;
  /** Gives it back. Nothing happens where it was lost meanwhile. */
  release(): Promise<void>;
}

/** Who holds a lease. */
export interface LeaseHolder {
  readonly host: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** One writer per checkpoint, among processes and machines. */
export interface Leases {
  /**
   * Takes a lease where nobody holds it. That of a process of this machine which is gone is taken over at once (same boot, same pid
   * namespace, no process of this number that began at the same time); any other when it has expired. A process that holds it already gets it
   * again, with the same token: its models take turns by themselves.
   * @throws StoreError `STORE_BUSY`, `STORE_IO`, `DISK_FULL`, `STORE_READ_ONLY`
   */
  take(of: LeaseOf): Promise<Lease | LeaseHolder>;
  /** Who else holds it: undefined where `take` would succeed. Writes nothing. */
  holder(of: LeaseOf): Promise<LeaseHolder | undefined>;
  /** What others hold of a model. Writes nothing. */
  heldOf(model: string): Promise<readonly (LeaseOf & LeaseHolder)[]>;
}
