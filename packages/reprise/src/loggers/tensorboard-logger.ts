import { type Logger, string } from '@reprise/core';
import type { ScalarEvent } from '@reprise/formats';
import { type Change, fileLogger } from './file-logger.js';
import { folderOf, trainOf } from './paths.js';
import type { Row } from './rows.js';

/**
 * Writes event files that TensorBoard opens: `tensorboard --logdir <folder>`. Each checkpoint is a run, `<model>/<checkpoint>`, with a file for each of its trains; the
 * axis is the number of updates over the life of the state. Values are float32 there.
 * @throws OptionError
 */
export function tensorBoardLogger(folder: string): Logger {
  string('tensorBoardLogger()', 'the folder', folder);
  return fileLogger({
    name: 'tensorBoardLogger',
    path: (run) => `${folderOf(folder, run)}/events.out.tfevents.${trainOf(run, 10)}.reprise`,
    whole: async (rows) => {
      const { encodeEventFile } = await import('@reprise/formats');
      return encodeEventFile(seconds(), rows.map(eventOf));
    },
    more: records,
    takesNewKeys: true,
    change: async (there, rows) => {
      const { FormatError, readEvents } = await import('@reprise/formats');
      try {
        const { events, begin, ends, end } = readEvents(there);
        const shared = Math.min(events.length, rows.length);
        const same = events.slice(0, shared).every((event, i) => isSame(event, rows[i] as Row));
        return same && begin > 0 ? await changeFrom(shared, { begin, ends, end }, rows) : null;
      } catch (error) {
        // What is no event file is written anew.
        if (error instanceof FormatError) return null;
        throw error;
      }
    },
  });
}

/** When an event was written says nothing of what it says: those that are there stay as they are. */
async function changeFrom(
  shared: number,
  { begin, ends, end }: { readonly begin: number; readonly ends: readonly number[]; readonly end: number },
  rows: readonly Row[],
): Promise<Change> {
  const keep = shared === rows.length ? (ends[shared - 1] ?? begin) : end;
  return { keep, add: await records(rows.slice(shared)) };
}

async function records(rows: readonly Row[]): Promise<Uint8Array> {
  const { eventRecord } = await import('@reprise/formats');
  return Buffer.concat(rows.map((row) => eventRecord(eventOf(row))));
}

function eventOf({ step, epoch, values }: Row): ScalarEvent {
  return { wallTime: seconds(), step: axis(step, epoch), scalars: values };
}

function isSame({ step, scalars }: ScalarEvent, row: Row): boolean {
  const { values } = row;
  if (step !== axis(row.step, row.epoch) || scalars.size !== values.size) return false;
  return [...values].every(([key, value]) => Object.is(scalars.get(key), Math.fround(value)));
}

/** Records that are older than steps have their epochs. */
function axis(step: number | null, epoch: number): number {
  return step ?? epoch + 1;
}

function seconds(): number {
  return Date.now() / 1000;
}
