import { Buffer } from 'node:buffer';
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeEventFile, eventFileStart, eventRecord, readEvents, type ScalarEvent } from '@reprise/formats';
import { describe, expect, it } from 'vitest';
import { ask, temporaryFolder, unavailable } from './python.js';

const script = 'tensorboard_peer.py';

/** Points by tag: time, step, value. */
type Points = Readonly<Record<string, readonly (readonly [number, number, number | string])[]>>;

const name = 'events.out.tfevents.1700000000.test';
const events: readonly ScalarEvent[] = Array.from({ length: 200 }, (_, i) => ({
  wallTime: 1_700_000_000 + i / 16,
  step: i === 0 ? 0 : 2 ** 40 + i,
  scalars: new Map([
    ['loss/train', 1 / (i + 1)],
    ['𠀀 é', i % 3 === 0 ? NaN : i % 3 === 1 ? Infinity : -Infinity],
    ...(i % 50 === 0 ? ([['loss/val', -i]] as const) : []),
  ]),
}));

/** Events as TensorBoard lists them. */
function points(list: readonly ScalarEvent[]): Points {
  const byTag = new Map<string, [number, number, number | string][]>();
  for (const { wallTime, step, scalars } of list) {
    for (const [tag, value] of scalars) {
      const said = Number.isFinite(value) ? Math.fround(value) : String(value);
      byTag.set(tag, [...(byTag.get(tag) ?? []), [wallTime, step, said]]);
    }
  }
  return Object.fromEntries(byTag);
}

const reason = unavailable();

describe.skipIf(reason !== undefined)(
  `TensorBoard of Python${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    it('shows the points of an event file that we wrote, whole or record by record', async () => {
      const folder = await temporaryFolder();
      for (const run of ['whole', 'appended']) await mkdir(join(folder, run));
      await writeFile(join(folder, 'whole', name), encodeEventFile(1_700_000_000, events));
      await writeFile(join(folder, 'appended', name), eventFileStart(1_700_000_000));
      for (const event of events) await appendFile(join(folder, 'appended', name), eventRecord(event));
      expect(await ask(script, folder, 'scalars', 'whole')).toEqual(points(events));
      expect(await ask(script, folder, 'scalars', 'appended')).toEqual(points(events));
    });

    it('stops where we stop in a file that was cut short or damaged', async () => {
      const folder = await temporaryFolder();
      const file = encodeEventFile(1_700_000_000, events.slice(0, 3));
      const counts: Record<string, number> = {};
      for (let length = 1; length <= file.length; length++) {
        const cut = file.subarray(0, length);
        const { begin, ends } = readEvents(cut);
        counts[`cut-${length}`] = begin === 0 ? 0 : ends.length + 1;
        await writeFile(join(folder, `cut-${length}`), cut);
      }
      const { begin, ends } = readEvents(file);
      for (let at = 0; at < file.length; at++) {
        const damaged = Buffer.from(file);
        damaged[at]! ^= 1 << (at % 8);
        const { offset } = refused(damaged);
        counts[`damaged-${at}`] = [0, begin, ...ends].indexOf(offset);
        await writeFile(join(folder, `damaged-${at}`), damaged);
      }
      expect(await ask(script, folder, 'records', '.')).toEqual(counts);
    });

    it('writes files that we read, with values or with tensors in them', async () => {
      const folder = await temporaryFolder();
      const told = await ask<readonly (readonly [number, number, number])[]>(script, folder, 'write', '.');
      const read = async (run: string): Promise<readonly ScalarEvent[]> => {
        const [file = '', ...others] = await readdir(join(folder, run));
        expect(others).toEqual([]);
        const { complete, events: found } = readEvents(await readFile(join(folder, run, file)));
        expect(complete).toBe(true);
        return found;
      };
      const loss = (value: number): readonly (readonly [string, number])[] => [['loss/é', Math.fround(value)]];
      const expected = told.map(([wallTime, step, value]) => ({ wallTime, step, scalars: new Map(loss(value)) }));
      expect(await read('tensors')).toEqual(expected);
      expect(await read('simple')).toEqual([
        { wallTime: 1, step: 1, scalars: new Map() },
        ...expected.map((event) => ({ ...event, scalars: new Map([...event.scalars, ['up', Infinity]]) })),
      ]);
    });
  },
);

/** The error that a file is refused with. */
function refused(file: Uint8Array): { readonly offset: number } {
  try {
    readEvents(file);
  } catch (error) {
    return error as { readonly offset: number };
  }
  throw new Error('A damaged file was read.');
}
