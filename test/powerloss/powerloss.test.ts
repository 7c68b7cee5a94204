import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../support/compiled.js';
import { campaign } from './campaign.js';
import { record, type Recording, unavailable } from './mount.js';
import type { Operation } from './record.js';

const reason = unavailable();
const workload = new URL('workload.ts', import.meta.url);

describe.skipIf(reason !== undefined)(`a power loss${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let recording: Recording;

  beforeAll(async () => {
    const compiled = await compile(workload);
    try {
      recording = await record(compiled.path(workload));
    } finally {
      await compiled.remove();
    }
  });

  test('takes nothing that was promised, and leaves a store that goes on', async () => {
    const findings: string[] = [];
    const tally = await campaign(recording, { seed: 20261127, parts: 1, oneOf: 20 }, (finding) =>
      findings.push(finding),
    );
    expect(findings).toEqual([]);
    expect(tally.cases).toBeGreaterThan(100);
  });

  // What finds nothing may be looking at nothing.
  test.each([
    ['names', (each: Operation) => each.op !== 'syncFolder'],
    ['bytes', (each: Operation) => each.op !== 'sync'],
  ])('of a disk that ignores when %s are synced takes what was promised', async (_, kept) => {
    const broken = { ...recording, operations: recording.operations.filter(kept) };
    const tally = await campaign(broken, { seed: 1, parts: 0, after: ({ op }) => op === 'said' }, () => undefined);
    expect(tally.acknowledgedLost + tally.dangling).toBeGreaterThan(0);
  });
});
