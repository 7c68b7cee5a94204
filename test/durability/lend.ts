import { encode, type StateDigest, type Store, stream } from '@reprise/core';

/** Stores memory in parts from another thread, as a snapshot of a large state is, and commits what names them. */
export async function lend(store: Store, seed: number): Promise<void> {
  const { hasher, blobs, log } = store;
  const part = 20_000;
  const numbers = new Float32Array(12_000);
  stream(seed, 'test/lend').fillUniform(numbers, 0, 1);
  const hashed = await hasher.elsewhere?.([numbers.buffer], part);
  if (hashed === undefined || blobs.putElsewhere === undefined) throw new Error('This store has no threads.');
  const { failure } = await blobs.putElsewhere(hashed.memories, hashed.digests, part);
  if (failure !== null) throw failure as Error;
  const parts = hashed.digests.flat();
  const digest = (await blobs.put(encode({ parts }))) as StateDigest;
  await log.commit({ states: [{ digest, blobs: [digest, ...parts] }] });
}
