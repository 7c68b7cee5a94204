import { join } from 'node:path';
import type { Lease } from '@reprise/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { driver } from './checking-driver.js';
import { Posed } from './posed.js';
import { temporaryFolders } from './temporary-folder.js';

const temporaryFolder = temporaryFolders();
const of = { model: 'm', checkpoint: '1', lane: 'block' } as const;
let posed: Posed;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  posed = new Posed();
});

afterEach(async () => {
  vi.useRealTimers();
  await posed.close();
});

/** Time passes, and whoever is awake renews. */
function live(milliseconds: number): void {
  for (let at = 0; at < milliseconds; at += 1000) {
    posed.pass(1000);
    vi.advanceTimersByTime(1000);
  }
}

it('renews a lease in the background for as long as it is held, and no longer', async () => {
  const folder = await temporaryFolder();
  const [store, other] = [await posed.open(folder), await posed.open(folder, posed.elsewhere())];
  const lease = (await store.leases.take(of)) as Lease;
  live(600_000);
  expect(await other.leases.take(of)).not.toHaveProperty('token');
  await store.log.commit({ lease: lease.token });
  await lease.release();
  expect(vi.getTimerCount()).toBe(0);
  expect(await other.leases.take(of)).toHaveProperty('token');
});

it('goes on where a renewal could not be written, and renews at the next turn', async () => {
  const folder = await temporaryFolder();
  const store = await posed.open(folder);
  const other = await posed.open(folder, posed.elsewhere());
  const lease = (await store.leases.take(of)) as Lease;
  const log = driver.open(join(folder, 'log.db'));
  log.exec("CREATE TRIGGER refuse BEFORE UPDATE ON leases BEGIN SELECT raise(ABORT, 'no'); END");
  live(20_000);
  log.exec('DROP TRIGGER refuse');
  log.close();
  live(50_000);
  expect(await other.leases.take(of)).not.toHaveProperty('token');
  await store.log.commit({ lease: lease.token });
});

it('does not take back by a late renewal what has gone to another process', async () => {
  const folder = await temporaryFolder();
  const [store, other] = [await posed.open(folder), await posed.open(folder)];
  const lease = (await store.leases.take(of)) as Lease;
  posed.pass(60_000);
  const taken = (await other.leases.take(of)) as Lease;
  expect(taken.token).toBeGreaterThan(lease.token);
  live(600_000);
  await expect(store.log.commit({ lease: lease.token })).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await other.log.commit({ lease: taken.token });
});

it('leaves nothing in the log when its store is closed', async () => {
  const folder = await temporaryFolder();
  const store = await posed.open(folder);
  await store.leases.take(of);
  await store.blobs.put(Uint8Array.of(1));
  await store.close();
  const connection = driver.open(join(folder, 'log.db'));
  for (const table of ['owners', 'leases', 'pins']) {
    expect(connection.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
  }
  connection.close();
});
