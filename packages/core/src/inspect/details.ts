import { decodeVerified } from '../codec/index.js';
import { RepriseError } from '../errors/base.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { Alias, OpEntry } from '../ports/op-log.js';
import type { Store } from '../ports/store.js';
import type { Fields } from '../replay/fields.js';
import { readManifest } from '../state/capture.js';
import type { Manifest } from '../state/manifest.js';
import type { StateDigest } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import { byteSize } from '../values/tensor.js';
import { describeNumber, describeOp, describeOps, type OpInfo } from './op-info.js';
import { readRecord } from './read-record.js';

/** What a state holds. */
export interface StateInfo {
  readonly digest: StateDigest;
  /** Tensors of the net and of the optimizer that are stored; parameters that the seed stands for are not. */
  readonly tensors: number;
  readonly bytes: number;
  /** Epochs and steps since the untrained net. */
  readonly epoch: number;
  readonly step: number;
  /** The kinds of what is set up; null where there is none. */
  readonly loss: string | null;
  readonly optimizer: string | null;
  readonly epochScheduler: string | null;
  readonly stepScheduler: string | null;
}

/** All that is stored of one op. */
export interface OpDetails {
  readonly op: OpInfo;
  /** What decided. */
  readonly fields: Fields;
  /** What was only observed. */
  readonly observed: Fields;
  readonly result: Plain;
  /** What it printed. */
  readonly lines: readonly string[];
  readonly provenance: Fields;
  /** The state that it led to. Null where it changes none, or where its manifest can't be read. */
  readonly state: StateInfo | null;
  /** Other calls that its record answers, because that was accepted. */
  readonly aliases: readonly Alias[];
  /** Where else its record stands. */
  readonly elsewhere: readonly OpInfo[];
  readonly origin: OpInfo | null;
  readonly parent: OpInfo | null;
}

/** Everything of an op. Of a damaged one what the log knows by itself; fields, result and lines are then empty. Reads one manifest, no tensor. */
export async function detailsOf({ log, blobs }: Store, entry: OpEntry): Promise<OpDetails> {
  const record = await readRecord(log, entry.record);
  const others = (await log.entries({ record: entry.record })).filter(({ id }) => id !== entry.id);
  return {
    op: await describeOp(log, entry),
    fields: record?.fields ?? {},
    observed: record?.observed ?? {},
    result: record ? decodeVerified(record.result) : undefined,
    lines: record?.lines ?? [],
    provenance: record?.provenance ?? {},
    state: record?.stateAfter ? await stateInfo(blobs, record.stateAfter) : null,
    aliases: await log.aliases(entry.record),
    elsewhere: await describeOps(log, others),
    origin: await describeNumber(log, entry.origin),
    parent: await describeNumber(log, entry.parent),
  };
}

const unreadable: ReadonlySet<string> = new Set(['BLOB_MISSING', 'BLOB_CORRUPT', 'STORE_CORRUPT']);

/** What a state holds, from its manifest; null where that is missing or damaged. */
export async function stateInfo(blobs: BlobStore, digest: StateDigest): Promise<StateInfo | null> {
  let manifest: Manifest;
  try {
    manifest = await readManifest(digest, blobs);
  } catch (error) {
    if (error instanceof RepriseError && unreadable.has(error.code)) return null;
    throw error;
  }
  const { net, loss, optimizer, epochScheduler, stepScheduler, loop } = manifest;
  const tensors = [...Object.values(net.tensors), ...Object.values(optimizer?.state?.tensors ?? {})];
  return {
    digest,
    tensors: tensors.length,
    bytes: tensors.reduce((sum, { dtype, shape }) => sum + byteSize(dtype, shape), 0),
    epoch: loop.epoch,
    step: loop.step,
    loss: loss?.kind ?? null,
    optimizer: optimizer?.recipe.kind ?? null,
    epochScheduler: epochScheduler?.recipe.kind ?? null,
    stepScheduler: stepScheduler?.recipe.kind ?? null,
  };
}
