import { RepriseError } from '../errors/base.js';
import type { LoggedPoint, Logger, LoggerRun } from './logger.js';
import { type Figures, nothingTold, pointsSince, type Told } from './points.js';

/** Milliseconds between two times that loggers are told something within an epoch, at least; and how much longer than that took last time. */
const leastBetween = 1000;
const rarer = 20;

/** Tells the loggers of one train what there is, each figure once. */
export class Telling {
  readonly #loggers: readonly Logger[];
  readonly #run: LoggerRun;
  readonly #elapsed: () => number;
  readonly #remedy: string;
  #told: Told = nothingTold;
  #at = 0;
  #took = 0;

  /** @param remedy what is to be said where one of them throws */
  constructor(loggers: readonly Logger[], run: LoggerRun, elapsed: () => number, remedy: string) {
    this.#loggers = [...new Set(loggers)];
    this.#run = run;
    this.#elapsed = elapsed;
    this.#remedy = remedy;
  }

  /** The train begins, is gone on with or is replayed. @throws RepriseError `LOGGER_FAILED` or a logger's own */
  async begin(figures: Figures): Promise<void> {
    if (this.#loggers.length === 0) return;
    const { points, told } = pointsSince(nothingTold, figures);
    await this.#tell(told, (logger) => this.#begin(logger, points));
  }

  /** Whether it is time again, in the middle of an epoch. */
  get due(): boolean {
    if (this.#loggers.length === 0) return false;
    return this.#elapsed() - this.#at >= Math.max(leastBetween, rarer * this.#took);
  }

  /** @param before in the middle of an epoch: the step of which more may come */
  async more(figures: Figures, before: number = Infinity): Promise<void> {
    if (this.#loggers.length === 0) return;
    const { points, told, inOrder } = pointsSince(this.#told, figures, before);
    if (!inOrder) return this.begin(figures);
    await this.#tell(told, async (logger) => {
      if (points.length === 0) return;
      const answer = await this.#guarded(logger, 'log', () => logger.log(this.#run, points));
      if (answer === 'again') await this.#begin(logger, pointsSince(nothingTold, figures, before).points);
    });
  }

  async #tell(told: Told, each: (logger: Logger) => Promise<void>): Promise<void> {
    const begun = this.#elapsed();
    this.#told = told;
    for (const logger of this.#loggers) await each(logger);
    this.#at = this.#elapsed();
    this.#took = this.#at - begun;
  }

  async #begin(logger: Logger, points: readonly LoggedPoint[]): Promise<void> {
    await this.#guarded(logger, 'begin', () => logger.begin(this.#run, points));
  }

  async #guarded<T>(logger: Logger, method: string, body: () => T | Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (cause) {
      if (cause instanceof RepriseError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `The logger '${nameOf(logger)}' threw in ${method}(): ${why}. ${this.#remedy}`;
      throw new RepriseError('LOGGER_FAILED', message, { cause });
    }
  }
}

function nameOf({ name, constructor }: Logger): string {
  return name ?? (constructor === Object || constructor === undefined ? 'without a name' : constructor.name);
}
