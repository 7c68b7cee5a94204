import type { Store } from '@reprise/core';
import type { Posed } from '../../packages/store/test/posed.js';
import { name, place, putState } from '../../packages/store/test/recording.js';
import { Died } from './mortal-parts.js';
import type { Command } from './plan.js';

const leaseTime = 60_000;
/** How long what a process pinned is kept that nothing is heard of. */
const silence = 3_600_000;

/** What a client met that must not happen, or undefined. */
export type Complaint = string | undefined;

/** Does what a command says, and judges what came of it. Time is counted from where the command began. */
export async function perform(store: Store, command: Command, posed: Posed): Promise<Complaint> {
  const began = posed.now();
  try {
    return await act(store, command);
  } catch (error) {
    if (error instanceof Died) return undefined;
    const passed = posed.now() - began;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (command.kind === 'save') {
      // A process that stood still may have lost its lease, its first temporary file, and after an hour its pins: it is told so.
      if (code === 'LEASE_LOST' && passed >= leaseTime) return undefined;
      if (code === 'STORE_IO' && passed >= leaseTime && /ENOENT/.test(String(error))) return undefined;
      if (code === 'DANGLING_REFERENCE' && passed > silence) return undefined;
    }
    // What nothing names any more may be dropped; what something names may not.
    if (command.kind === 'drop' && code === 'DANGLING_REFERENCE') return undefined;
    return `${JSON.stringify(command)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

async function act(store: Store, command: Command): Promise<Complaint> {
  switch (command.kind) {
    case 'save':
      return save(store, String(command.checkpoint), command.tensors);
    case 'read':
      return read(store, String(command.checkpoint));
    case 'collect': {
      const { superseded, dryRun, rowsOnly } = command;
      await store.upkeep.collect({ grace: 0, dryRun, rowsOnly, ...(superseded ? { superseded: 0 } : {}) });
      return undefined;
    }
    case 'delete':
      await store.log.deleteCheckpoint('m', String(command.checkpoint));
      return undefined;
    case 'drop':
      await store.blobs.delete(store.hasher.digest(new TextEncoder().encode(tensor(command.tensor))));
      return undefined;
  }
}

async function save(store: Store, checkpoint: string, tensors: readonly number[]): Promise<Complaint> {
  const lease = await store.leases.take({ model: 'm', checkpoint, lane: 'block' });
  if (!('token' in lease)) return undefined;
  try {
    const state = await putState(store, tensors.map(tensor));
    await name(store, state, { checkpoint, also: { lease: lease.token } });
    return undefined;
  } finally {
    await lease.release();
  }
}

/** Reads what a replay would: a live op's state, as its rows name it. */
async function read(store: Store, checkpoint: string): Promise<Complaint> {
  const entry = await store.log.at({ ...place, checkpoint });
  if (entry === undefined) return undefined;
  const record = await store.log.record(entry.record);
  const state = record?.stateAfter ?? undefined;
  if (state === undefined) return undefined;
  const isLive = async (): Promise<boolean> => (await store.log.entry(entry.id))?.status === 'live';
  try {
    const manifest = new TextDecoder().decode(await store.blobs.get(state));
    for (const digest of manifest.replace('manifest of ', '').split(',')) await store.blobs.get(digest as typeof state);
    return undefined;
  } catch (error) {
    if (error instanceof Died || !(await isLive())) return undefined;
    throw error;
  }
}

function tensor(n: number): string {
  return `tensor ${n}`;
}
