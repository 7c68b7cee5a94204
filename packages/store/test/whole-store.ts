import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { encode } from '@reprise/core';
import type { Digest, NewEntry, OpEntry, OpRecord, StateDigest, Store } from '@reprise/core';
import { blobPath, layoutOf } from '../src/layout.js';
import { fingerprintOf, place } from './recording.js';

export interface Op {
  readonly entry: OpEntry;
  readonly record: OpRecord;
  readonly state: StateDigest;
  readonly tensor: Digest;
}

/** Records a call that leads to a state with one tensor: with a manifest, as scripts write them. */
export async function train(store: Store, name: string, changes: Partial<NewEntry> = {}): Promise<Op> {
  const bytes = new TextEncoder().encode(name.padEnd(64, '.'));
  const tensor = await store.blobs.put(bytes);
  const weights = { dtype: 'uint8', shape: [bytes.byteLength], parts: [tensor] };
  const manifest = {
    version: 1,
    net: { recipe: fingerprintOf(store, 'net'), fresh: false, tensors: { w: weights } },
    loss: null,
    optimizer: null,
    epochScheduler: null,
    stepScheduler: null,
    loop: { epoch: 1, step: 2 },
    rng: { seed: 0 },
  };
  const state = (await store.blobs.put(encode(manifest))) as StateDigest;
  const record: OpRecord = {
    fingerprint: fingerprintOf(store, name),
    kind: 'train',
    series: fingerprintOf(store, `series of ${name}`),
    fields: { epochs: 2 },
    observed: {},
    summary: { name },
    stateBefore: null,
    stateAfter: state,
    result: Uint8Array.of(1, 2, 3),
    lines: ['a line'],
    cost: 5,
    provenance: {},
    createdAt: 1,
  };
  const entry: NewEntry = {
    ...place,
    record: record.fingerprint,
    parent: null,
    position: 0,
    how: 'run',
    origin: null,
    createdAt: 1000,
    ...changes,
  };
  const states = [{ digest: state, blobs: [tensor] }];
  const [added] = await store.log.commit({ states, records: [record], entries: [entry] });
  return { entry: added!, record, state, tensor };
}

/** Records that answer to other fingerprints, names, accounts, files: what is in a store beside calls. */
export async function tell(store: Store, { entry, record }: Op): Promise<void> {
  const { log, files } = store;
  const hparams = encode({ text: 'the-hparams' });
  await log.putModel({ id: 'm', description: 'the-description', hparams, threads: 2, createdAt: 17.5 });
  await log.putCheckpoint({ model: 'm', id: '1', description: 'the-checkpoint', createdAt: 17.5 });
  const fingerprint = fingerprintOf(store, 'accepted');
  const fields = { text: 'the-fields' };
  await log.commit({ aliases: [{ fingerprint, record: record.fingerprint, fields, createdAt: 17.5 }] });
  await log.putTag({ model: 'm', name: 'the-tag', record: record.fingerprint, entry: entry.id, createdAt: 17.5 });
  await log.settle(entry.id, 'rerun', 17.5);
  await log.putRun({ id: 0, model: 'm', createdAt: 17.5, body: new TextEncoder().encode('the-run') });
  const digest = `blake3-${'5a'.repeat(32)}` as Digest;
  await files.set([{ path: '/the-path', size: 4096, mtime: 5n, inode: 6n, digest }]);
}

export function fileOf(store: Store, digest: string): string {
  return blobPath(layoutOf(store.location), digest).file;
}

/** Flips a bit of a file, as a disk does: behind the store's back. */
export async function flip(path: string, at: number = 0): Promise<void> {
  const bytes = new Uint8Array(await readFile(path));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await rewrite(path, bytes);
}

export async function rewrite(path: string, bytes: Uint8Array): Promise<void> {
  await chmod(path, 0o644);
  await rm(path);
  await writeFile(path, bytes);
}

/** Where a text is in bytes. */
export function occurrences(bytes: Uint8Array, text: string | Uint8Array): readonly number[] {
  const [all, part] = [Buffer.from(bytes), Buffer.from(text as string)];
  const found: number[] = [];
  for (let at = all.indexOf(part); at >= 0; at = all.indexOf(part, at + 1)) found.push(at);
  return found;
}
