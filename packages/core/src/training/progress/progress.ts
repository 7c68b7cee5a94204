import type { Host, Output } from '../../ports/host.js';
import { barLine, barRank, type Fact, type LineParts } from './bar-line.js';
import { clock, compact, figure } from '../format.js';
import type { ProgressMode } from '../options.js';
import { Pace } from './pace.js';
import { widthOf } from './width.js';

const redrawEvery = 100;
const lineEvery = 30_000;
/** A log's lines are no wider. */
const logColumns = 80;
/** Labels stand one below another where there is room for that. */
const roomy = 60;

/** Takes away what is below the cursor. */
const wipe = '\r\x1b[J';

/** What can be shown of a pass while it runs. */
export interface Running {
  readonly loss: number;
  /** Other figures that cost next to nothing to draw, by name. */
  running?(): { readonly [name: string]: number };
}

/**
 * Shows that an op works, and how long it will. On a terminal a line for the pass under way, below one for the whole train, redrawn in place at most ten
 * times a second; in a log, a line every half minute. Holds nothing that a result depends on.
 *
 * The lines stand below an empty one, in which the cursor rests. So what a script prints between two batches comes out whole, if it is one line: the next
 * batch draws below it. Of several lines, the second and the third may keep the end of what they were printed over. Taking the lines away is clearing from the
 * cursor on. Each redraw is one write, which overwrites rather than clears. A terminal that is made narrower and breaks the lines may keep a copy of them.
 */
export class Progress {
  readonly #output: Output;
  readonly #elapsed: () => number;
  readonly #mode: 'bar' | 'lines' | 'silent';
  readonly #pace: Pace | null;
  readonly #epochs: number;
  #label = '';
  #labelWidth = 0;
  /** Samples of this pass; null where nobody can tell. */
  #total: number | null = null;
  /** Samples of this pass that are done, and those of them that an earlier process did. */
  #done = 0;
  #doneBefore = 0;
  #begun: number;
  #running: Running | null = null;
  #next: number;
  #drawn = false;
  /** What the output had written when the bar was drawn. */
  #written: number | undefined;
  #gone: (() => void) | undefined;

  /** @param epochs of a train: all that it is to have; null where one pass is the whole op */
  constructor(host: Pick<Host, 'output' | 'elapsed'>, mode: ProgressMode, epochs: number | null = null) {
    this.#output = host.output;
    this.#elapsed = () => host.elapsed();
    this.#mode = mode === 'auto' ? (host.output.isTerminal ? 'bar' : 'lines') : mode;
    this.#pace = epochs === null ? null : new Pace(epochs);
    this.#epochs = epochs ?? 1;
    this.#begun = host.elapsed();
    this.#next = this.#begun + this.#interval;
  }

  /**
   * Begins a pass over data.
   * @param total samples of the pass; null where nobody can tell
   * @param training of a train's pass over its training data: which epoch it is, from 0, and how many of its samples an earlier process did
   */
  begin(label: string, total: number | null, training?: { readonly epoch: number; readonly done: number }): void {
    const now = this.#elapsed();
    this.#label = label;
    this.#labelWidth = Math.max(this.#labelWidth, widthOf(label));
    this.#total = total;
    this.#done = this.#doneBefore = training?.done ?? 0;
    this.#begun = now;
    this.#running = null;
    if (training === undefined) this.#pace?.validation(now);
    else this.#pace?.training(now, training.epoch, training.done === 0 ? 0 : this.#part);
    if (this.#drawn) this.#draw(now);
  }

  /** So many more samples are done. @param running where a loss is kept that can be shown */
  advance(samples: number, running: Running | null): void {
    this.#done += samples;
    if (this.#mode === 'silent') return;
    const now = this.#elapsed();
    const printed = this.#drawn && this.#output.written !== this.#written;
    if (now < this.#next && !printed) return;
    this.#next = now + this.#interval;
    this.#running = running;
    this.#draw(now);
  }

  /** Prints above the bar, which stays where it is there. */
  above(print: () => void): void {
    const drawn = this.#drawn;
    if (drawn) this.#output.write(wipe);
    print();
    if (drawn) this.#draw(this.#elapsed());
  }

  /** Takes the bar away: the cursor is where it was before there was one. */
  clear(): void {
    if (!this.#drawn) return;
    this.#output.write(wipe);
    this.#drawn = false;
    this.#gone?.();
  }

  get #interval(): number {
    return this.#mode === 'bar' ? redrawEvery : lineEvery;
  }

  /** How much of the pass is done; null where nobody can tell. */
  get #part(): number | null {
    return this.#total === null || this.#total === 0 ? null : Math.min(1, this.#done / this.#total);
  }

  #draw(now: number): void {
    const part = this.#part;
    const whole = this.#pace?.at(now, part);
    if (this.#mode === 'lines') {
      const facts = this.#facts(now, part, whole === undefined ? this.#left(now, part) : whole.left);
      this.#output.write(`${barLine({ label: this.#label, part: null, facts }, logColumns, false)}\n`);
      return;
    }
    const { columns, colors = false } = this.#output;
    const lines: LineParts[] = [{ label: this.#label, part, facts: this.#facts(now, part, this.#left(now, part)) }];
    if (whole !== undefined) {
      const facts = [{ text: `${whole.epochs}/${this.#epochs} epochs`, rank: 0 }, ...leftFact(whole.left)];
      lines.unshift({ label: 'train', part: whole.part, facts });
    }
    const labelWidth = columns < roomy ? 0 : this.#labelWidth;
    const drawn = lines.map((line) => {
      const label = line.label + ' '.repeat(Math.max(0, labelWidth - widthOf(line.label)));
      // The last column stays free: a terminal that has filled it may break the line.
      return `\r\n${barLine({ ...line, label }, columns - 1, colors)}`;
    });
    this.#output.write(`\r\x1b[K${drawn.join('\x1b[K')}\x1b[J\x1b[${drawn.length}A\r`);
    if (!this.#drawn) this.#gone = this.#output.whileDrawn?.(wipe);
    this.#drawn = true;
    this.#written = this.#output.written;
  }

  #facts(now: number, part: number | null, left: number | null): readonly Fact[] {
    const seconds = Math.max(1e-3, (now - this.#begun) / 1000);
    const done = this.#done - this.#doneBefore;
    const running = this.#running;
    return [
      { text: part === null ? `${this.#done} samples` : `${Math.floor(part * 100)} %`.padStart(4), rank: 0 },
      ...(done === 0 ? [] : [rateFact(done / seconds)]),
      ...(running === null ? [] : [{ text: `loss ${figure(running.loss)}`, rank: 1 }]),
      ...Object.entries(running?.running?.() ?? {}).map(([name, value], i) => ({
        text: `${name} ${figure(value)}`,
        rank: barRank + 1 + i,
      })),
      ...leftFact(left),
    ];
  }

  /** Milliseconds to the end of the pass, were the rest as fast as what this process did. */
  #left(now: number, part: number | null): number | null {
    const done = this.#done - this.#doneBefore;
    if (part === null || this.#total === null || done === 0) return null;
    return ((now - this.#begun) * Math.max(0, this.#total - this.#done)) / done;
  }
}

function leftFact(left: number | null): readonly Fact[] {
  return left === null ? [] : [{ text: `left ${clock(left / 1000)}`, rank: 2, faint: true }];
}

function rateFact(perSecond: number): Fact {
  return { text: `${Math.round(perSecond)} samples/s`, short: `${compact(perSecond)}/s`, rank: 3 };
}
