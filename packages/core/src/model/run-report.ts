import type { Answer } from '../replay/replay.js';
import { duration } from '../replay/divergence.js';

/** What one process did with a model: how many ops were answered how, and what that saved. */
export class RunReport {
  readonly #ops: Record<Answer, number> = { hit: 0, adopted: 0, accepted: 0, run: 0 };
  #saved = 0;
  #spent = 0;
  readonly #notes = new Set<string>();

  /** @param cost the recorded milliseconds of the op. */
  add(how: Answer, cost: number): void {
    this.#ops[how]++;
    if (how === 'run') this.#spent += cost;
    else this.#saved += cost;
  }

  /** Something to say at the end. */
  note(what: string): void {
    this.#notes.add(what);
  }

  get counts(): Readonly<Record<Answer, number>> {
    return { ...this.#ops };
  }

  /** Lines for the end of a script; none where nothing was called. */
  lines(model: string): readonly string[] {
    const { hit, adopted, accepted, run } = this.#ops;
    if (hit + adopted + accepted + run === 0 && this.#notes.size === 0) return [];
    const parts = [
      hit > 0 ? `${hit} replayed` : '',
      adopted > 0 ? `${adopted} adopted` : '',
      accepted > 0 ? `${accepted} accepted` : '',
      `${run} run${run > 0 ? ` in ${duration(this.#spent)}` : ''}`,
    ].filter((part) => part !== '');
    const saved = hit + adopted + accepted > 0 ? `; skipped work that had taken ${duration(this.#saved)}` : '';
    return [`reprise: ${model}: ${parts.join(', ')}${saved}`, ...[...this.#notes].map((what) => `reprise: ${what}`)];
  }
}
