import { join } from 'node:path';
import { encode } from '@reprise/core';
import type { Digest, Fingerprint, Store } from '@reprise/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../src/index.js';
import { type CallBlob, decodeCall } from '../src/log/call-blob.js';
import { driver } from './checking-driver.js';
import { fingerprintOf, place } from './recording.js';
import { temporaryFolders } from './temporary-folder.js';
import { fileOf, flip, type Op, tell, train } from './whole-store.js';

const temporaryFolder = temporaryFolders();
let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await temporaryFolder();
  store = await openStore(folder);
});

afterEach(() => store.close());

/** What SQLite says, looked at or changed behind the store's back. */
function sql(text: string): readonly unknown[] {
  const other = driver.open(join(folder, 'log.db'));
  try {
    if (text.startsWith('SELECT')) return other.prepare(text).all();
    other.exec(text);
    return [];
  } finally {
    other.close();
  }
}

function blobOf(entry: number): Digest | null {
  const [row] = sql(`SELECT blob FROM op_log WHERE id = ${entry}`) as { blob: Digest | null }[];
  return row?.blob ?? null;
}

async function callOf(entry: number): Promise<CallBlob> {
  const call = decodeCall(await store.blobs.get(blobOf(entry)!));
  if (call === undefined) throw new Error(`The blob of #${entry} is no call.`);
  return call;
}

/** A bit of the record's bytes flips. */
function damage({ record }: Op): void {
  sql(`UPDATE op_records SET body = CAST(body || x'00' AS BLOB) WHERE fingerprint = '${record.fingerprint}'`);
}

describe('a call as a blob', () => {
  it('has all of the call: its place, its record, and how its model and checkpoint were opened', async () => {
    const hparams = encode({ width: 3 });
    await store.log.putModel({ id: 'm', description: 'a model', hparams, threads: 2, createdAt: 1 });
    await store.log.putCheckpoint({ model: 'm', id: '1', description: 'the first', createdAt: 1 });
    const { entry, record } = await train(store, 'first', { position: 4, how: 'resumed' });
    const call = await callOf(entry.id);
    expect(call).toMatchObject({
      entry: { ...place, position: 4, how: 'resumed', createdAt: 1000 },
      parent: null,
      record: record.fingerprint,
      series: record.series,
      model: { description: 'a model', hparams, threads: 2 },
      description: 'the first',
    });
    const [row] = sql('SELECT body FROM op_records') as { body: Uint8Array }[];
    expect(Buffer.compare(call.body, row!.body)).toBe(0);
  });

  it('names that of its parent, which may be of the same commit', async () => {
    const root = await train(store, 'root');
    const record = { ...root.record };
    const entry = {
      ...place,
      record: record.fingerprint,
      position: 0,
      how: 'adopted',
      origin: null,
      createdAt: 2,
    } as const;
    const [first, second] = await store.log.commit({
      entries: [
        { ...entry, checkpoint: '2', parent: root.entry.id },
        { ...entry, checkpoint: '3', parent: { added: 0 } },
      ],
    });
    expect((await callOf(first!.id)).parent).toBe(blobOf(root.entry.id));
    expect((await callOf(second!.id)).parent).toBe(blobOf(first!.id));
    // The record was in the log already.
    expect((await callOf(second!.id)).record).toBe(record.fingerprint);
  });

  it('is kept by garbage collection as long as the log has the call, and nothing has it pinned', async () => {
    const { entry } = await train(store, 'first');
    expect(sql('SELECT blob FROM pins')).toEqual([]);
    const blob = blobOf(entry.id)!;
    await store.upkeep.collect({ grace: 0 });
    expect(await store.blobs.has(blob)).toBe(true);
    await store.log.deleteEntries([entry.id]);
    await store.upkeep.collect({ grace: 0 });
    expect(await store.blobs.has(blob)).toBe(false);
  });

  it('is written before the call is logged: a commit that is refused leaves no call', async () => {
    const { record } = await train(store, 'first');
    const lost = { ...place, record: record.fingerprint, parent: 4711, position: 0, how: 'run', origin: null } as const;
    await expect(store.log.commit({ entries: [{ ...lost, createdAt: 1 }] })).rejects.toMatchObject({
      code: 'DANGLING_REFERENCE',
    });
    expect(await store.log.entries({})).toHaveLength(1);
    expect((await store.upkeep.verify({ full: true })).damages).toEqual([]);
  });

  it('is none where the bytes only begin like one', () => {
    expect(decodeCall(new TextEncoder().encode('\u0099\u00aareprise op'))).toBeUndefined();
    expect(decodeCall(encode(['reprise op', 2, 'a later version']))).toBeUndefined();
    expect(decodeCall(new Uint8Array())).toBeUndefined();
  });
});

describe('a record whose row is damaged', () => {
  it('comes back from its call, and its row with it', async () => {
    const op = await train(store, 'first');
    damage(op);
    expect((await store.upkeep.verify()).damages).toMatchObject([{ kind: 'record', ops: [op.entry.id] }]);
    expect(await store.log.record(op.record.fingerprint)).toEqual(op.record);
    expect((await store.upkeep.verify({ full: true })).damages).toEqual([]);
  });

  it('comes back where replay asks for it, and where another fingerprint leads to it', async () => {
    const op = await train(store, 'first');
    await tell(store, op);
    damage(op);
    expect((await store.log.match(op.entry, op.record.fingerprint))?.record).toEqual(op.record);
    damage(op);
    expect(await store.log.record(fingerprintOf(store, 'accepted'))).toEqual(op.record);
  });

  it('comes back with its columns: states and series', async () => {
    const op = await train(store, 'first');
    sql(`UPDATE op_records SET series = '${fingerprintOf(store, 'another')}'`);
    expect(await store.log.record(op.record.fingerprint)).toEqual(op.record);
    expect(await store.log.series(op.record.series as Fingerprint)).toHaveLength(1);
  });

  it('is refused where its call is damaged too, and the message says what to do', async () => {
    const op = await train(store, 'first');
    damage(op);
    await flip(fileOf(store, blobOf(op.entry.id)!), 40);
    const error = await store.log.record(op.record.fingerprint).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'STORE_CORRUPT', subject: op.record.fingerprint });
    expect((error as Error).message).toContain('reprise repair');
  });
});
