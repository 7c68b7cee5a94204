import type { Lease, LeaseHolder, LeaseOf } from '@reprise/core';
import { expect } from 'vitest';
import type { LeasesClient } from './fixture.js';

export const block: LeaseOf = { model: 'm', checkpoint: '1', lane: 'block' };

/** Takes what must be free for this client. */
export async function held({ leases }: LeasesClient, of: LeaseOf = block): Promise<Lease> {
  const taken = await leases.take(of);
  expect(taken).toHaveProperty('token');
  return taken as Lease;
}

/** Asks for what somebody else must hold. */
export async function refused({ leases }: LeasesClient, of: LeaseOf = block): Promise<LeaseHolder> {
  const taken = await leases.take(of);
  expect(taken).not.toHaveProperty('token');
  expect(await leases.holder(of)).toEqual(taken);
  return taken as LeaseHolder;
}
