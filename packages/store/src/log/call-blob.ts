import { decodeVerified, encode } from '@reprise/core';
import type { Digest, EntryOrigin, Fingerprint, OpEntry, Plain } from '@reprise/core';

/** What such a blob begins with, behind a byte or two of its encoding. */
const callMagic = 'reprise op';
const version = 1;

/**
 * A call of the log and its record once more, as a blob of its own: what is left of them where log.db is lost. It names the states by their digests; those of
 * tensors are in the states' manifests.
 */
export interface CallBlob {
  readonly entry: Pick<
    OpEntry,
    'model' | 'checkpoint' | 'lane' | 'kind' | 'name' | 'occurrence' | 'position' | 'createdAt'
  > & { readonly how: EntryOrigin };
  /** That of the call it stands on. */
  readonly parent: Digest | null;
  readonly record: Fingerprint;
  readonly series: Fingerprint | null;
  /** The record's body, as its row has it. */
  readonly body: Uint8Array;
  /** As the model was opened when the call was made. */
  readonly model: { readonly description: string; readonly hparams: Uint8Array; readonly threads: number | null };
  readonly description: string;
}

export function encodeCall({ entry, parent, record, series, body, model, description }: CallBlob): Uint8Array {
  const { model: id, checkpoint, lane, kind, name, occurrence, position, how, createdAt } = entry;
  const place = [id, checkpoint, lane, kind, name, occurrence, position, how, createdAt];
  const opened = [model.description, model.hparams, model.threads];
  return encode([callMagic, version, place, parent, record, series, body, opened, description]);
}

/** Whether bytes may be such a blob: a look at the first of them. */
function looksLikeCall(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(0, callMagic.length + 4)).includes(callMagic);
}

/** Undefined where the bytes are none, or of a later version. */
export function decodeCall(bytes: Uint8Array): CallBlob | undefined {
  if (!looksLikeCall(bytes)) return undefined;
  let value: Plain;
  try {
    value = decodeVerified(bytes);
  } catch {
    // A tensor's bytes may look like anything.
    return undefined;
  }
  if (!Array.isArray(value) || value[0] !== callMagic || value[1] !== version) return undefined;
  const [, , place, parent, record, series, body, opened, description] = value as unknown as Encoded;
  const [model, checkpoint, lane, kind, name, occurrence, position, how, createdAt] = place;
  return {
    entry: { model, checkpoint, lane, kind, name, occurrence, position, how, createdAt },
    parent,
    record,
    series,
    body,
    model: { description: opened[0], hparams: opened[1], threads: opened[2] },
    description,
  };
}

type Entry = CallBlob['entry'];

type Encoded = readonly [
  magic: string,
  version: number,
  place: readonly [
    Entry['model'],
    Entry['checkpoint'],
    Entry['lane'],
    Entry['kind'],
    Entry['name'],
    Entry['occurrence'],
    Entry['position'],
    Entry['how'],
    Entry['createdAt'],
  ],
  parent: Digest | null,
  record: Fingerprint,
  series: Fingerprint | null,
  body: Uint8Array,
  opened: readonly [string, Uint8Array, number | null],
  description: string,
];
