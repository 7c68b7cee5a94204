import type {
  Commit,
  Digest,
  Fingerprint,
  NewEntry,
  OpEntry,
  Place,
  Snapshot,
  StateDigest,
  Store,
} from '@reprise/core';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export const place: Place = { model: 'm', checkpoint: '1', lane: 'block', kind: 'train', name: '', occurrence: 0 };

export interface Saved {
  readonly digest: StateDigest;
  readonly blobs: readonly Digest[];
}

/** Puts a state: its tensors, and a manifest of their digests. Nothing names it yet. */
export async function putState(store: Store, tensors: readonly string[]): Promise<Saved> {
  const blobs = await Promise.all(tensors.map((tensor) => store.blobs.put(text(tensor))));
  const digest = (await store.blobs.put(text(`manifest of ${blobs.join()}`))) as StateDigest;
  return { digest, blobs };
}

export interface Recorded extends Saved {
  readonly entry: OpEntry;
}

type RecordChanges = Partial<NewEntry> & {
  readonly series?: string;
  readonly epochs?: number;
  readonly also?: Commit;
};

/** Records a call that leads to a state with these tensors. */
export async function record(store: Store, tensors: readonly string[], changes: RecordChanges = {}): Promise<Recorded> {
  const state = await putState(store, tensors);
  return { ...state, entry: await name(store, state, changes) };
}

/** Records a call that leads to a state that was put. */
export async function name(
  store: Store,
  state: Saved,
  { series, epochs, also = {}, ...changes }: RecordChanges = {},
): Promise<OpEntry> {
  const fingerprint = store.hasher.digest(text(JSON.stringify([state.digest, series, changes]))) as Fingerprint;
  const op = {
    fingerprint,
    kind: 'train' as const,
    series: series === undefined ? null : fingerprintOf(store, series),
    fields: epochs === undefined ? {} : { epochs },
    observed: {},
    summary: {},
    stateBefore: null,
    stateAfter: state.digest,
    result: Uint8Array.of(1),
    lines: [],
    cost: 1,
    provenance: {},
    createdAt: 1,
  };
  const entry: NewEntry = {
    ...place,
    record: fingerprint,
    parent: null,
    position: 0,
    how: 'run',
    origin: null,
    createdAt: 1,
    ...changes,
  };
  const [added] = await store.log.commit({ ...also, states: [state], records: [op], entries: [entry] });
  return added!;
}

export function fingerprintOf({ hasher }: Store, value: string): Fingerprint {
  return hasher.digest(text(value)) as Fingerprint;
}

/** Records where a train has come to. */
export async function snapshot(
  store: Store,
  state: Saved,
  { also = [], ...changes }: Partial<Snapshot> & { readonly series: Fingerprint; readonly also?: readonly Saved[] },
): Promise<void> {
  const row: Snapshot = {
    epoch: 1,
    step: 0,
    running: true,
    kept: false,
    state: state.digest,
    best: null,
    place,
    epochs: 3,
    progress: Uint8Array.of(1),
    cost: 1,
    threads: 1,
    createdAt: 1,
    ...changes,
  };
  await store.log.commit({ states: [...also, state], snapshots: [row], background: also.length > 0 });
}

/** The sizes of the blobs' files and rows, by digest. */
export async function sizes(store: Store): Promise<ReadonlyMap<Digest, number>> {
  const found = new Map<Digest, number>();
  for await (const { digest, size } of store.blobs.list()) found.set(digest, size);
  return found;
}
