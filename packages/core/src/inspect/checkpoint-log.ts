import type { OpLog, Snapshot } from '../ports/op-log.js';
import type { StateDigest } from '../values/digest.js';
import { titleOf } from '../replay/place.js';
import { addressOf, checkpointAddress } from './address.js';
import { describeOps, type OpInfo } from './op-info.js';
import { checkpointsOf } from './subject.js';

/** A train that was stopped on the way. The script goes on with it when it calls it again. */
export interface UnfinishedTrain {
  readonly model: string;
  readonly checkpoint: string;
  readonly address: string;
  readonly title: string;
  /** Epochs done, steps taken in the next one, and how many epochs were asked for. */
  readonly epoch: number;
  readonly step: number;
  readonly epochs: number;
  /** Milliseconds that it took to get there. */
  readonly cost: number;
  readonly savedAt: Date;
}

/** The calls of one checkpoint. */
export interface CheckpointLog {
  readonly model: string;
  readonly checkpoint: string;
  readonly address: string;
  readonly description: string;
  /** In the order that the script last called them in: the block's, then those on the handle. Superseded ones stand beside what took their place. */
  readonly ops: readonly OpInfo[];
  readonly unfinished: readonly UnfinishedTrain[];
  /** Numbers of the ops whose state can't be read, so far as anybody has noticed: the next run of the script computes them again. */
  readonly unreadable: readonly number[];
}

export interface LogOptions {
  /** Whether superseded ops are listed as well. Default false. */
  readonly all?: boolean;
  /** One checkpoint only. */
  readonly checkpoint?: string;
  /** States that are known not to be readable. Default: none. */
  readonly damaged?: ReadonlySet<StateDigest>;
}

/** What is recorded of a model, by checkpoint. Costs a read of each listed record, its result included. */
export async function logOf(log: OpLog, model: string, options: LogOptions = {}): Promise<readonly CheckpointLog[]> {
  const { all = false, checkpoint, damaged = new Set() } = options;
  const rows = await checkpointsOf(log, model);
  const wanted = rows.filter(({ id }) => checkpoint === undefined || id === checkpoint);
  return Promise.all(
    wanted.map(async ({ id, description }) => {
      const filter = { model, checkpoint: id, ...(all ? {} : { status: 'live' as const }) };
      const [entries, unfinished] = await Promise.all([
        log.entries(filter),
        log.snapshots({ model, checkpoint: id, running: true }),
      ]);
      const ops = await describeOps(log, entries);
      return {
        model,
        checkpoint: id,
        address: checkpointAddress(model, id),
        description,
        ops,
        unfinished: furthest(unfinished).map(unfinishedTrain),
        unreadable: ops.flatMap(({ number, status, stateAfter }) =>
          status === 'live' && stateAfter !== null && damaged.has(stateAfter) ? [number] : [],
        ),
      };
    }),
  );
}

/** The furthest snapshot of each train: that is what it is gone on with from. The others are kept ends of epochs. */
function furthest(snapshots: readonly Snapshot[]): readonly Snapshot[] {
  const found = new Map<string, Snapshot>();
  for (const snapshot of snapshots) {
    const other = found.get(snapshot.series);
    const isFurther =
      other === undefined ||
      snapshot.epoch > other.epoch ||
      (snapshot.epoch === other.epoch && snapshot.step > other.step);
    if (isFurther) found.set(snapshot.series, snapshot);
  }
  return [...found.values()];
}

function unfinishedTrain({ place, epoch, step, epochs, cost, createdAt }: Snapshot): UnfinishedTrain {
  const { model, checkpoint } = place;
  const savedAt = new Date(createdAt);
  return { model, checkpoint, address: addressOf(place), title: titleOf(place), epoch, step, epochs, cost, savedAt };
}
