import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Script } from '../support/script.js';

interface Outcome {
  readonly loaded: boolean;
  readonly digests: readonly string[];
}

const script = (): Promise<Script> => Script.open(new URL('script.ts', import.meta.url));

test('a replayed script loads no onnxruntime and reads no tensor', { timeout: 120_000 }, async () => {
  const recorded = await script();
  const first = await recorded.run<Outcome>();
  expect(first.value.loaded).toBe(true);
  const blobs = join(recorded.folder, '.reprise', 'blobs');
  expect((await readdir(blobs)).length).toBeGreaterThan(0);
  // With every tensor and every manifest gone, nothing that reads one could end.
  await rename(blobs, join(recorded.folder, 'aside'));
  const second = await recorded.run<Outcome>();
  expect(second.value).toEqual({ ...first.value, loaded: false });
  expect(second.output).toContain('7 replayed, 0 run');
});

test('uninterrupted runs end with the same state digests, every time', { timeout: 240_000 }, async () => {
  const fresh = await script();
  const ends = new Set<string>();
  for (let i = 0; i < 4; i++) {
    await rm(join(fresh.folder, '.reprise'), { recursive: true, force: true });
    ends.add((await fresh.run<Outcome>()).value.digests.join());
  }
  expect(ends.size).toBe(1);
});
