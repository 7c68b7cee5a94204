import { checkOptions } from '../options/check-options.js';
import { oneOf, positiveInteger, positiveNumber, refuse, string } from '../options/validators.js';

/** When a train stores where it has come to, and which of these snapshots are kept. */
export interface SnapshotOptions {
  /**
   * After so many whole epochs, steps or seconds, whichever comes first. Default: at the end of an epoch, at most once a second, and within an epoch
   * every 60 seconds; and never for more than a twentieth of the time.
   */
  readonly every?: { readonly epochs?: number; readonly steps?: number; readonly seconds?: number };
  /** What is kept beside the newest one, of the ends of epochs, also when the train has ended. Default: nothing. */
  readonly keep?: {
    /** The last so many. */
    readonly last?: number;
    /** The best so many by what a monitor says of the epoch: `val_loss`, `train_accuracy`. */
    readonly best?: { readonly count: number; readonly monitor: string; readonly mode?: 'min' | 'max' };
    /** Each so many-th. */
    readonly every?: number;
  };
}

/** Checked; null stands for the default. */
export interface SnapshotSettings {
  readonly every: {
    readonly epochs: number | null;
    readonly steps: number | null;
    readonly seconds: number | null;
  } | null;
  readonly keep: KeepSettings | null;
}

export interface KeepSettings {
  readonly last: number;
  readonly best: { readonly count: number; readonly monitor: string; readonly mode: 'min' | 'max' } | null;
  readonly every: number | null;
}

/**
 * @param monitors what there will be to rank epochs by, and which way is better
 * @throws OptionError
 */
export function parseSnapshots(
  where: string,
  value: unknown,
  monitors: ReadonlyMap<string, 'min' | 'max'>,
): SnapshotSettings {
  if (value === undefined) return { every: null, keep: null };
  checkOptions(`${where} snapshots`, value, ['every', 'keep']);
  const { every, keep } = value as SnapshotOptions;
  return {
    every: every === undefined ? null : parseEvery(`${where} snapshots.every`, every),
    keep: keep === undefined ? null : parseKeep(`${where} snapshots.keep`, keep, monitors),
  };
}

function parseEvery(where: string, value: NonNullable<SnapshotOptions['every']>): SnapshotSettings['every'] {
  checkOptions(where, value, ['epochs', 'steps', 'seconds']);
  const { epochs = null, steps = null, seconds = null } = value;
  if (epochs !== null) positiveInteger(where, 'epochs', epochs);
  if (steps !== null) positiveInteger(where, 'steps', steps);
  if (seconds !== null) positiveNumber(where, 'seconds', seconds);
  if (epochs === null && steps === null && seconds === null) {
    refuse(where, 'it', 'given one of epochs, steps and seconds at least, such as { epochs: 1 }', value);
  }
  return { epochs, steps, seconds };
}

function parseKeep(
  where: string,
  value: NonNullable<SnapshotOptions['keep']>,
  monitors: ReadonlyMap<string, 'min' | 'max'>,
): KeepSettings {
  checkOptions(where, value, ['last', 'best', 'every']);
  const { last = 0, best, every = null } = value;
  if (value.last !== undefined) positiveInteger(where, 'last', value.last);
  if (every !== null) positiveInteger(where, 'every', every);
  if (best === undefined) return { last, best: null, every };
  checkOptions(`${where}.best`, best, ['count', 'monitor', 'mode']);
  const { count, monitor } = best;
  positiveInteger(`${where}.best`, 'count', count);
  string(`${where}.best`, 'monitor', monitor);
  const known = monitors.get(monitor);
  if (known === undefined) {
    refuse(`${where}.best`, 'monitor', `one of ${[...monitors.keys()].map((each) => `'${each}'`).join(', ')}`, monitor);
  }
  const { mode = known } = best;
  oneOf(`${where}.best`, 'mode', mode, ['min', 'max']);
  return { last, best: { count, monitor, mode }, every };
}

/** An epoch's end that is kept, as it is ranked. */
export interface Kept {
  readonly epoch: number;
  /** NaN ranks behind all others. */
  readonly value: number;
}

/** Which of these are kept after the newest has come; the newest is among them. By epoch. */
export function keptOf(all: readonly Kept[], { last, best, every }: KeepSettings): readonly Kept[] {
  const kept = new Set<Kept>();
  const byEpoch = [...all].sort((a, b) => a.epoch - b.epoch);
  if (last > 0) for (const each of byEpoch.slice(-last)) kept.add(each);
  if (every !== null) for (const each of all) if (each.epoch % every === 0) kept.add(each);
  if (best !== null) {
    const sign = best.mode === 'min' ? 1 : -1;
    const rank = ({ value }: Kept): number => (Number.isNaN(value) ? Infinity : sign * value);
    const ranked = [...byEpoch].sort((a, b) => rank(a) - rank(b) || a.epoch - b.epoch);
    for (const each of ranked.slice(0, best.count)) kept.add(each);
  }
  return byEpoch.filter((each) => kept.has(each));
}
