import { checkNumber } from '../../components/checks.js';
import { sampleCount } from '../../data/check-batch.js';
import { RepriseError } from '../../errors/base.js';
import { OptionError } from '../../errors/option-error.js';
import { checkOptions } from '../../options/check-options.js';
import { nearest } from '../../options/nearest.js';
import { string } from '../../options/validators.js';
import type { Batch } from '../../ports/data-source.js';
import type { Rates, Trainer } from '../../ports/engine.js';
import { ratesInProportion } from './rates.js';
import type { StepAt, StepSeen } from './stepper.js';
import type { MinimizeOptions } from './training-step.js';

/** An objective, ready to be minimised. */
export interface ReadyObjective {
  readonly name: string;
  /** Of its loss, all parameters but its own being frozen. */
  readonly trainer: Trainer;
  /** Which of the optimizer's groups its parameters are in, in order. */
  readonly groups: readonly number[];
}

const where = 'minimize()';

/** A step that minimises objectives one after the other, on one batch. */
export class StepUnderWay {
  readonly #objectives: readonly ReadyObjective[];
  readonly #base: readonly number[];
  readonly #batch: Batch;
  readonly #at: StepAt;
  readonly #seen: StepSeen;
  #passes = 0;
  #sum = 0;
  #weight = 0;
  #running: { readonly name: string; readonly ends: Promise<unknown> } | null = null;
  #ended = false;

  /** @param base where the rates of the optimizer's groups begin */
  constructor(
    objectives: readonly ReadyObjective[],
    base: readonly number[],
    step: { readonly batch: Batch; readonly at: StepAt; readonly seen: StepSeen },
  ) {
    this.#objectives = objectives;
    this.#base = base;
    this.#batch = step.batch;
    this.#at = step.at;
    this.#seen = step.seen;
  }

  /** The sum of what was minimised; undefined where nothing was. */
  get loss(): number | undefined {
    return this.#passes === 0 ? undefined : this.#sum;
  }

  /** What the loss is a mean over: with one pass what that one's is, else the samples. */
  get weight(): number {
    return this.#passes === 1 ? this.#weight : sampleCount(this.#batch);
  }

  /** As `StepScope` has it. */
  async minimize(name: string, options: MinimizeOptions = {}): Promise<number> {
    string(where, 'the objective', name);
    const objective = this.#named(name);
    checkOptions(where, options, ['lr']);
    if (options.lr !== undefined) checkNumber(where, 'lr', options.lr, { min: 0 });
    if (this.#ended) throw inFlight(`minimize('${name}') was called after its step had ended`);
    if (this.#running !== null) {
      throw inFlight(`minimize('${name}') was called while minimize('${this.#running.name}') is still running`);
    }
    const ends = this.#pass(objective, options);
    this.#running = { name, ends };
    try {
      return await ends;
    } finally {
      this.#running = null;
    }
  }

  /** The function has returned, or thrown. Resolves once nothing runs; with the name of what still did. */
  async ends(): Promise<string | null> {
    this.#ended = true;
    const running = this.#running;
    await running?.ends.catch(() => undefined);
    return running?.name ?? null;
  }

  async #pass({ name, trainer, groups }: ReadyObjective, { lr }: MinimizeOptions): Promise<number> {
    const { seed, step } = this.#at;
    const rates = lr === undefined ? this.#at : this.#ratesWith(lr, groups);
    const at = { lr: rates.lr, ...(rates.rates && { rates: rates.rates }), seed, step, part: this.#passes };
    const output = await trainer.step(this.#batch, at);
    this.#seen.check(output.loss);
    // The first pass is the one that sees the net as the step found it.
    if (this.#passes === 0) this.#seen.tally.saw(this.#batch, output.outputs);
    this.#passes++;
    this.#sum += output.loss;
    this.#weight = output.weight ?? sampleCount(this.#batch);
    this.#seen.tally.met(output.loss, this.#weight, name);
    return output.loss;
  }

  #ratesWith(lr: number, groups: readonly number[]): Rates {
    if (this.#base.length === 1) return { lr };
    const own = ratesInProportion(
      groups.map((group) => this.#base[group] as number),
      lr,
      where,
    );
    const rates = this.#base.map((_, group) => {
      const place = groups.indexOf(group);
      return place < 0 ? (this.#at.rates?.[group] ?? this.#at.lr) : (own.rates?.[place] ?? own.lr);
    });
    return { lr: rates[0] as number, rates };
  }

  #named(name: string): ReadyObjective {
    const found = this.#objectives.find((each) => each.name === name);
    if (found !== undefined) return found;
    const known = this.#objectives.map((each) => each.name);
    const close = nearest(name, known);
    const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
    throw new OptionError(
      'INVALID_OPTION',
      `${where}: there is no objective '${name}'.${hint} The loss has '${known.join("', '")}'.`,
      { where, option: 'objective', known, ...(close === undefined ? {} : { nearest: close }) },
    );
  }
}

/** Something in a step was not waited for. */
export function inFlight(what: string): RepriseError {
  return new RepriseError(
    'OP_IN_FLIGHT',
    `${what}. What a training step does is done one after the other: put \`await\` before each minimize().`,
  );
}
