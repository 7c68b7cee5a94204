import { decodeVerified } from '../codec/index.js';
import type { ModelRow, OpLog } from '../ports/op-log.js';
import type { Plain } from '../values/plain.js';
import { type Counts, countsOf, latest } from './counts.js';
import { checkpointsOf } from './subject.js';

/** A model, as a listing shows it. */
export interface ModelInfo extends Counts {
  readonly id: string;
  readonly description: string;
  readonly hparams: Plain;
  readonly threads: number | null;
  readonly createdAt: Date;
  readonly checkpoints: number;
  readonly tags: number;
}

/** The models of a store, by their creation. Costs a read of every live record. */
export async function listModels(log: OpLog): Promise<readonly ModelInfo[]> {
  return Promise.all((await log.models()).map((row) => modelInfo(log, row)));
}

export async function modelInfo(log: OpLog, row: ModelRow): Promise<ModelInfo> {
  const [checkpoints, entries, tags] = await Promise.all([
    checkpointsOf(log, row.id),
    log.entries({ model: row.id }),
    log.tags(row.id),
  ]);
  const unfinished = (await log.snapshots({ model: row.id, running: true })).length;
  const runs = await log.runs(row.id);
  const { id, description, threads } = row;
  return {
    id,
    description,
    hparams: decodeVerified(row.hparams),
    threads,
    createdAt: new Date(row.createdAt),
    checkpoints: checkpoints.length,
    tags: tags.length,
    ...(await countsOf(log, entries)),
    unfinished,
    lastUsed: latest([row.createdAt, runs[0]?.createdAt, ...entries.map(({ createdAt }) => createdAt)]),
  };
}
