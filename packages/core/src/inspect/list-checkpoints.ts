import type { CheckpointRow, OpEntry, OpLog, Tag } from '../ports/op-log.js';
import type { StateDigest } from '../values/digest.js';
import { checkpointAddress } from './address.js';
import { type Counts, countsOf, latest } from './counts.js';
import { finalOp } from '../replay/final-op.js';
import { readRecord } from './read-record.js';
import { type ResultSummary, summarize } from './result-summary.js';
import { type RunInfo, runsOf } from './runs.js';
import { standsOn } from './stands-on.js';
import { checkpointsOf } from './subject.js';

/** A checkpoint, as a listing shows it. */
export interface CheckpointSummary extends Counts {
  readonly model: string;
  readonly id: string;
  readonly address: string;
  readonly description: string;
  readonly createdAt: Date;
  /** The checkpoint that it stands on; null where that is the untrained net, or was removed. */
  readonly parent: string | null;
  /** The number of the op whose state it is in, that state, and the tags of it; null where it has none. */
  readonly final: {
    readonly number: number;
    readonly state: StateDigest | null;
    readonly tags: readonly string[];
  } | null;
  /** Of its last live train. */
  readonly result: ResultSummary | null;
}

/** The checkpoints of a model, by their creation. Costs a read of every live record of the model. */
export async function listCheckpoints(log: OpLog, model: string): Promise<readonly CheckpointSummary[]> {
  const [rows, entries, tags, runs] = await Promise.all([
    checkpointsOf(log, model),
    log.entries({ model }),
    log.tags(model),
    runsOf(log, model),
  ]);
  const used = lastCalls(runs, entries);
  return Promise.all(rows.map((row) => checkpointSummary(log, row, { entries, tags, used })));
}

async function checkpointSummary(
  log: OpLog,
  row: CheckpointRow,
  around: {
    readonly entries: readonly OpEntry[];
    readonly tags: readonly Tag[];
    readonly used: ReadonlyMap<string, number>;
  },
): Promise<CheckpointSummary> {
  const { model, id, description } = row;
  const own = around.entries.filter(({ checkpoint, lane }) => checkpoint === id && lane !== 'root');
  const block = own.filter(({ lane }) => lane === 'block');
  const final = finalOp(block);
  const state = final && ((await readRecord(log, final.record))?.stateAfter ?? null);
  const train = block.findLast(({ kind, status }) => kind === 'train' && status === 'live');
  const record = train && (await readRecord(log, train.record));
  const parent = final && standsOn(final, new Map(around.entries.map((entry) => [entry.id, entry])));
  return {
    model,
    id,
    address: checkpointAddress(model, id),
    description,
    createdAt: new Date(row.createdAt),
    parent: parent === undefined || parent.lane === 'root' ? null : parent.checkpoint,
    final:
      final === undefined
        ? null
        : {
            number: final.id,
            state: state ?? null,
            tags: around.tags.filter((tag) => tag.record === final.record).map(({ name }) => name),
          },
    result: record ? summarize(record) : null,
    ...(await countsOf(log, own)),
    unfinished: (await log.snapshots({ model, checkpoint: id, running: true })).length,
    lastUsed: latest([row.createdAt, around.used.get(id), ...own.map(({ createdAt }) => createdAt)]),
  };
}

/** When a kept run last called something of a checkpoint. */
function lastCalls(runs: readonly RunInfo[], entries: readonly OpEntry[]): ReadonlyMap<string, number> {
  const byNumber = new Map(entries.map((entry) => [entry.id, entry.checkpoint]));
  const used = new Map<string, number>();
  for (const { at, account } of runs) {
    for (const call of account.calls) {
      const id = typeof call === 'number' ? byNumber.get(call) : call.place.checkpoint;
      if (id !== undefined && at !== null) used.set(id, Math.max(used.get(id) ?? 0, at.getTime()));
    }
  }
  return used;
}
