import { isPlainObject, positiveInteger, refuse } from '../options/index.js';
import type { Head } from '../replay/chain.js';
import type { TrainResult } from '../training/result.js';
import type { Plain } from '../values/plain.js';
import type { Request } from './request.js';
import type { Runtime } from './runtime.js';

/** The options of a train, with the number of epochs in the place of a total. */
export interface CountedOptions {
  readonly options: unknown;
  /** The total, where nothing is left to train. */
  readonly reached: number | null;
}

/**
 * Says `untilEpoch`, a total over the life of the state, as `epochs`, so that it is the same call.
 * @param position how many epochs the state has; asked where there is a total
 * @throws OptionError `INVALID_OPTION`
 */
export async function countedOptions(options: unknown, position: () => Promise<number>): Promise<CountedOptions> {
  if (!isPlainObject(options) || options['untilEpoch'] === undefined) return { options, reached: null };
  const { untilEpoch, ...others } = options;
  const where = 'train()';
  positiveInteger(where, 'untilEpoch', untilEpoch);
  if (others['epochs'] !== undefined) {
    refuse(
      where,
      'epochs',
      'left out where untilEpoch is given: one says how many more, the other how many in all',
      others['epochs'],
    );
  }
  const left = untilEpoch - (await position());
  // The other options are looked at all the same.
  return left > 0
    ? { options: { ...others, epochs: left }, reached: null }
    : { options: { ...others, epochs: 1 }, reached: untilEpoch };
}

/** How many epochs a state has. Reads its manifest. */
export async function epochOf({ states }: Runtime, head: Head): Promise<number> {
  return (await states.manifestOf(head)).loop.epoch;
}

export function reachedSaid(total: number): string {
  return `nothing to train: the state has the ${total} ${total === 1 ? 'epoch' : 'epochs'} of untilEpoch already`;
}

/** An unrecorded train that has nothing to do. */
export function nothingToTrain(request: Request, total: number): Request {
  const work: Request['work'] = async (context) => {
    context.line(`train: ${reachedSaid(total)}`);
    return { result: nothingTrained as unknown as Plain, moved: null };
  };
  // Nothing moves.
  return { ...request, kind: 'evaluate', work };
}

/** What a train comes to that has nothing to do. */
export const nothingTrained: TrainResult = {
  initial: null,
  history: [],
  best: null,
  stopped: 'epochs',
  epochs: 0,
  loaded: 'last',
};
