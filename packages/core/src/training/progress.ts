import type { Host } from '../ports/host.js';
import { clock, figure } from './format.js';
import type { ProgressMode } from './options.js';

const redrawEvery = 100;
const lineEvery = 30_000;
const barWidth = 24;

/**
 * Shows that an op works, and how long it will: one line, redrawn at most ten times a second on a terminal; in a log, a line every half
 * minute. Holds nothing that a result depends on.
 */
export class Progress {
  readonly #host: Host;
  readonly #mode: 'bar' | 'lines' | 'silent';
  readonly #begun: number;
  readonly #doneBefore: number;
  #label = '';
  #part = 1;
  #before = 0;
  /** Samples of this part; null where nobody can tell. */
  #total: number | null = null;
  #done = 0;
  #partBegun: number;
  #next: number;
  #drawn = false;

  /** @param done which part of all that is to be done was done before: 0 … 1 */
  constructor(host: Pick<Host, 'output' | 'elapsed'>, mode: ProgressMode, done: number = 0) {
    this.#host = host as Host;
    this.#doneBefore = done;
    this.#mode = mode === 'auto' ? (host.output.isTerminal ? 'bar' : 'lines') : mode;
    this.#begun = host.elapsed();
    this.#partBegun = this.#begun;
    this.#next = this.#begun + this.#interval;
  }

  /**
   * Begins a pass over data.
   * @param total samples of the pass; null where nobody can tell
   * @param whole which part of all that is to be done this pass is: from `before` (0 … 1), `part` long
   */
  begin(
    label: string,
    total: number | null,
    whole: { readonly before: number; readonly part: number } = { before: 0, part: 1 },
  ): void {
    this.#label = label;
    this.#total = total;
    this.#before = whole.before;
    this.#part = whole.part;
    this.#done = 0;
    this.#partBegun = this.#host.elapsed();
  }

  /** So many more samples are done. @param running where a loss is kept that can be shown */
  advance(samples: number, running: { readonly loss: number } | null): void {
    this.#done += samples;
    if (this.#mode === 'silent') return;
    const now = this.#host.elapsed();
    if (now < this.#next) return;
    this.#next = now + this.#interval;
    this.#draw(now, running === null ? null : running.loss);
  }

  /** Takes the bar away, so that something else can be printed. */
  clear(): void {
    if (!this.#drawn) return;
    this.#host.output.write('\r\x1b[K');
    this.#drawn = false;
  }

  get #interval(): number {
    return this.#mode === 'bar' ? redrawEvery : lineEvery;
  }

  #draw(now: number, loss: number | null): void {
    const part = this.#total === null ? null : Math.min(1, this.#done / this.#total);
    const speed = this.#done / Math.max(1e-3, (now - this.#partBegun) / 1000);
    const facts = [
      ...(part === null ? [`${this.#done} samples`] : [`${Math.floor(part * 100)} %`.padStart(5)]),
      `${Math.round(speed)} samples/s`,
      ...(loss === null ? [] : [`loss ${figure(loss)}`]),
      ...(part === null ? [] : [`left ${clock(this.#left(now, part))}`]),
    ].join('  ');
    if (this.#mode === 'lines') {
      this.#host.output.write(`${this.#label}  ${facts}\n`);
      return;
    }
    const width = Math.min(barWidth, this.#host.output.columns - this.#label.length - facts.length - 5);
    const bar = part === null || width < 6 ? '' : `${drawBar(part, width)}  `;
    const line = `${this.#label}  ${bar}${facts}`.slice(0, Math.max(0, this.#host.output.columns - 1));
    this.#host.output.write(`\r${line}\x1b[K`);
    this.#drawn = true;
  }

  /** Seconds to the end of all parts, were they as fast as those so far. */
  #left(now: number, part: number): number {
    const done = this.#before + this.#part * part;
    return (((now - this.#begun) / 1000) * (1 - done)) / (done - this.#doneBefore);
  }
}

function drawBar(part: number, width: number): string {
  const full = Math.round(part * width);
  return '━'.repeat(full) + '─'.repeat(width - full);
}
