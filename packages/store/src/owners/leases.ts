import type { Lease, LeaseHolder, LeaseOf, Leases } from '@reprise/core';

/** Leases as rows of the log. */
export class SqliteLeases implements Leases {
  take(_of: LeaseOf): Promise<Lease | LeaseHolder> {
    return Promise.reject(new Error('not built'));
  }

  holder(_of: LeaseOf): Promise<LeaseHolder | undefined> {
    return Promise.reject(new Error('not built'));
  }
}
