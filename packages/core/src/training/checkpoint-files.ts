import type { SaveRequest } from '../callbacks/context.js';
import type { RunningCallbacks } from '../callbacks/running.js';
import { RepriseError } from '../errors/base.js';
import { OptionError } from '../errors/option-error.js';
import type { OpContext } from './context.js';
import type { Point } from './course.js';

/** Where training stands, as a file has it. */
type Place = Pick<Point, 'held' | 'training' | 'averages'>;

/** The files that callbacks ask for in a train. Everything here throws RepriseError `FILE_IO`. */
export class CheckpointFiles {
  readonly #context: OpContext;

  constructor(context: OpContext) {
    this.#context = context;
  }

  /** Writes where training stands; the files are durable then. */
  async write(place: Place, requests: readonly SaveRequest[]): Promise<void> {
    for (const { files, weightsOnly } of requests) await this.#write(place, files, weightsOnly);
  }

  /** To be called when those are written that take their place. */
  async removeOutdated(requests: readonly SaveRequest[]): Promise<void> {
    for (const { outdated } of requests) for (const path of outdated) await this.#context.files?.remove(path);
  }

  /** Those for where training throws. */
  async writeExceptions(point: Point | null, callbacks: RunningCallbacks): Promise<void> {
    if (point === null) return;
    const { history, partial } = point.progress;
    const epoch = Math.max(0, history.length - (partial === null ? 1 : 0));
    for (const { path, weightsOnly } of callbacks.exceptionFiles({ epoch, step: point.training.loop.step }))
      await this.#write(point, [path], weightsOnly);
  }

  /** With averages in the place of what is trained: they are what was validated. */
  async #write({ held, training, averages }: Place, files: readonly string[], weightsOnly: boolean): Promise<void> {
    if (files.length === 0) return;
    const { files: disk } = this.#context;
    const state = await held.engine();
    const engine = averages === null ? state : { ...state, net: new Map([...state.net, ...averages]) };
    const bytes = await this.#context.portable?.({ engine, training }, { weightsOnly });
    if (disk === undefined || bytes === undefined) throw noFiles(files);
    for (const path of files) {
      if ((await disk.exists(path)) && (await this.#context.owns?.(path)) === false) throw notOurs(path);
      await disk.write(path, bytes);
    }
  }
}

function notOurs(path: string): RepriseError {
  return new RepriseError(
    'FILE_IO',
    `${path} is there already, and is no checkpoint of this model, so it is left as it is. Remove it, or take another dirpath or filename.`,
  );
}

function noFiles(files: readonly string[]): RepriseError {
  return new RepriseError('FILE_IO', `${files.join(', ')} can't be written: this host has no files.`);
}

/** A checkpoint was asked for within an epoch, and the data can't be gone on with there. */
export function cannotSeek(): OptionError {
  return new OptionError(
    'INVALID_OPTION',
    'train(): a callback asked for a checkpoint within an epoch, and a stream that does not seek can only be gone on with between epochs. Ask at the ends of epochs.',
    { where: 'train()', option: 'callbacks' },
  );
}
