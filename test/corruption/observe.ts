import { createHash } from 'node:crypto';
import type { Digest, Fingerprint, OpEntry, StateDigest, Store } from '@reprise/core';
import { readManifest } from '../../packages/core/src/state/capture.js';
import { loadTensor } from '../../packages/core/src/state/tensor-store.js';
import { file } from './script.js';

/** What a store says of each thing that is asked of it, by a name that begins with what it is; an error where it throws. */
export type Observation = ReadonlyMap<string, string | Error>;

/** What to ask of a damaged store: all that the whole one named. */
export interface Known {
  readonly models: readonly string[];
  readonly entries: readonly OpEntry[];
  readonly states: readonly StateDigest[];
  readonly series: readonly Fingerprint[];
}

export async function knownOf(store: Store): Promise<Known> {
  const entries = await store.log.entries({});
  const records = await Promise.all(entries.map(({ record }) => store.log.record(record)));
  const snapshots = await store.log.snapshots({});
  const states = [
    ...records.flatMap((record) => [record?.stateBefore, record?.stateAfter]),
    ...snapshots.flatMap(({ state, best }) => [state, best]),
  ].filter((state) => state !== null && state !== undefined);
  const series = records.map((record) => record?.series ?? null).filter((each) => each !== null);
  return {
    models: (await store.log.models()).map(({ id }) => id),
    entries,
    states: [...new Set(states)],
    series: [...new Set([...series, ...snapshots.map((snapshot) => snapshot.series)])],
  };
}

/** Reads everything through the ports. */
export async function observe({ log, blobs, files, upkeep }: Store, known: Known): Promise<Observation> {
  const seen = new Map<string, string | Error>();
  const ask = async (name: string, read: () => Promise<unknown>): Promise<void> => {
    try {
      seen.set(name, textOf(await read()));
    } catch (error) {
      seen.set(name, error instanceof Error ? error : new Error(String(error)));
    }
  };
  await ask('model all', () => log.models());
  await ask('entry all', () => log.entries({}));
  await ask('snapshot all', () => log.snapshots({}));
  await ask('file one', () => files.get([file]));
  await ask('marks', async () => [...(await upkeep.damagedStates())]);
  for (const model of known.models) {
    await ask(`model ${model}`, () => log.model(model));
    await ask(`checkpoint of ${model}`, () => log.checkpoints(model));
    await ask(`tag of ${model}`, () => log.tags(model));
    await ask(`settlement of ${model}`, () => log.settlements(model));
    await ask(`run of ${model}`, () => log.runs(model));
  }
  for (const entry of known.entries) {
    await ask(`entry #${entry.id}`, () => log.entry(entry.id));
    await ask(`entry at #${entry.id}`, () => log.at(entry));
    await ask(`entry above #${entry.id}`, () => log.ancestors(entry.id));
    await ask(`entry below #${entry.id}`, () => log.descendants(entry.id));
    await ask(`record of #${entry.id}`, () => log.record(entry.record));
    await ask(`match #${entry.id}`, () => log.match(entry, entry.record));
    await ask(`alias of #${entry.id}`, () => log.aliases(entry.record));
  }
  for (const series of known.series) {
    await ask(`record in ${series}`, () => log.series(series));
    await ask(`snapshot in ${series}`, () => log.snapshots({ series }));
  }
  for (const state of known.states) {
    await ask(`tensor ${state}`, async () => {
      const manifest = await readManifest(state, blobs);
      const stored = [
        ...Object.entries(manifest.net.tensors),
        ...Object.entries(manifest.optimizer?.state?.tensors ?? {}),
      ];
      const tensors = await Promise.all(stored.map(async ([name, tensor]) => [name, await loadTensor(tensor, blobs)]));
      return [manifest, tensors];
    });
  }
  const digests: Digest[] = [];
  await ask('blob all', async () => {
    for await (const blob of blobs.list()) digests.push(blob.digest);
    return digests.toSorted();
  });
  return seen;
}

/** Equal texts, equal values. Records compute some of their fields when they are asked. */
function textOf(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (ArrayBuffer.isView(part)) {
      const { buffer, byteOffset, byteLength } = part;
      return createHash('sha256')
        .update(new Uint8Array(buffer, byteOffset, byteLength))
        .digest('hex');
    }
    return typeof part === 'bigint' ? String(part) : part;
  });
  return text ?? 'undefined';
}
