import type {
  BlobStore,
  Digest,
  Fingerprint,
  Hasher,
  NewEntry,
  OpEntry,
  OpLog,
  OpRecord,
  Place,
  StateDigest,
} from '@reprise/core';

export interface OpLogFixture {
  /** Empty. */
  readonly log: OpLog;
  /** The blobs that the log's states refer to. */
  readonly blobs: BlobStore;
  readonly hasher: Hasher;
}

export function digestOf({ hasher }: OpLogFixture, text: string): Digest {
  return hasher.digest(new TextEncoder().encode(text));
}

export function fingerprintOf(fixture: OpLogFixture, text: string): Fingerprint {
  return digestOf(fixture, text) as Fingerprint;
}

export function putText({ blobs }: OpLogFixture, text: string): Promise<Digest> {
  return blobs.put(new TextEncoder().encode(text));
}

/** Stores a manifest of this text, and its state without further blobs. */
export async function addState(fixture: OpLogFixture, text: string): Promise<StateDigest> {
  const digest = (await putText(fixture, text)) as StateDigest;
  await fixture.log.commit({ states: [{ digest, blobs: [] }] });
  return digest;
}

export function recordOf(fixture: OpLogFixture, text: string, changes: Partial<OpRecord> = {}): OpRecord {
  return {
    fingerprint: fingerprintOf(fixture, text),
    kind: 'train',
    series: null,
    fields: { epochs: 20 },
    observed: {},
    summary: {},
    stateBefore: null,
    stateAfter: null,
    result: Uint8Array.of(1, 2, 3),
    lines: [],
    cost: 1,
    provenance: {},
    createdAt: 1000,
    ...changes,
  };
}

export const place: Place = { model: 'm', checkpoint: '1', lane: 'block', kind: 'train', name: '', occurrence: 0 };

export function newEntry(record: OpRecord | Fingerprint, changes: Partial<NewEntry> = {}): NewEntry {
  const fingerprint = typeof record === 'string' ? record : record.fingerprint;
  return {
    ...place,
    record: fingerprint,
    parent: null,
    position: changes.occurrence ?? 0,
    how: 'run',
    origin: null,
    createdAt: 2000,
    ...changes,
  };
}

/** Adds an op of its own record at a place, and returns its entry. */
export async function addOp(fixture: OpLogFixture, text: string, changes: Partial<NewEntry> = {}): Promise<OpEntry> {
  const record = recordOf(fixture, text);
  const [entry] = await fixture.log.commit({ records: [record], entries: [newEntry(record, changes)] });
  return entry!;
}

export function ids(entries: readonly OpEntry[]): readonly number[] {
  return entries.map(({ id }) => id);
}
