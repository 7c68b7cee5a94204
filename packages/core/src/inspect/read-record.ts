import { StoreError } from '../errors/store-error.js';
import type { OpLog, OpRecord } from '../ports/op-log.js';
import type { Fingerprint } from '../values/digest.js';

/** A record; null where its bytes are damaged, which a listing says of that one op and goes on. @throws StoreError of any other kind */
export async function readRecord(log: OpLog, fingerprint: Fingerprint): Promise<OpRecord | null> {
  try {
    return (await log.record(fingerprint)) ?? null;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'STORE_CORRUPT') return null;
    throw error;
  }
}
