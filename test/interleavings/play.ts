import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@reprise/core';
import { Posed } from '../../packages/store/test/posed.js';
import { perform } from './client.js';
import type { Command, Event, Plan } from './plan.js';
import { Process } from './process.js';
import { Truth } from './truth.js';
import { type Mortal, Turns } from './turns.js';

/** What a plan came to. */
export interface Played {
  /** Anything that must not happen, in words. */
  readonly violations: readonly string[];
  /** Blobs that something recorded needed and that were gone. */
  readonly lost: number;
  readonly steps: number;
}

const longest = 20_000;

/** Plays a plan in a new store, one step at a time, and looks at the whole store after each. */
export async function play(plan: Plan): Promise<Played> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-interleavings-'));
  const posed = new Posed();
  const freely = await posed.open(folder);
  const stage = new Stage(folder, posed);
  try {
    await stage.play(plan);
    if (stage.violations.length === 0) await stage.end(freely);
    return { violations: stage.violations, lost: stage.lost.size, steps: stage.steps };
  } finally {
    stage.close();
    await freely.close();
    await rm(folder, { recursive: true });
  }
}

class Stage {
  readonly violations: string[] = [];
  readonly lost = new Set<string>();
  steps = 0;
  readonly #folder: string;
  readonly #posed: Posed;
  readonly #turns = new Turns();
  readonly #truth: Truth;
  /** All that ever were, and the present ones. */
  readonly #processes: Process[] = [];
  readonly #present: Process[] = [];

  constructor(folder: string, posed: Posed) {
    this.#folder = folder;
    this.#posed = posed;
    this.#truth = new Truth(folder);
  }

  async play({ clients, events, choices }: Plan): Promise<void> {
    let running = true;
    const all = Promise.all([...clients.map((script, slot) => this.#live(slot, script)), this.#happen(events)]);
    const over = all.finally(() => {
      running = false;
    });
    // It is awaited where all goes well; else what was found is told instead.
    over.catch(() => undefined);
    const isOver = (): boolean => !running;
    await this.#turns.settled(isOver);
    for (; !isOver() && this.violations.length === 0; this.steps += 1) {
      const choice = choices[this.steps % choices.length] ?? 0;
      this.#turns.release(choice);
      // Now and then somebody else goes on before the first one has come to its next stop.
      if (choice % 3 > 0) await this.#turns.settled(isOver);
      this.#look();
      if (this.steps > longest) this.violations.push('it does not end');
    }
    if (this.violations.length === 0) await over;
  }

  /** When all processes are gone, one collection leaves what is needed and nothing else. */
  async end(freely: Store): Promise<void> {
    for (const process of this.#present) process.kill();
    this.#posed.pass(2 * 3_600_000);
    await freely.upkeep.collect({ grace: 0 });
    this.#look();
    for (const file of this.#truth.garbage())
      this.violations.push(`${file} is needed by nothing and was not collected`);
  }

  close(): void {
    for (const process of this.#processes) process.bury();
    this.#truth.close();
  }

  /** One script: where its process dies over a command, the next process goes on behind it. */
  async #live(slot: number, script: readonly Command[]): Promise<void> {
    let process = this.#begin(slot);
    for (const command of script) {
      const complaint = await process.run(this.#folder, (store) => perform(store, command, this.#posed));
      if (complaint === 'died') process = this.#begin(slot);
      else if (complaint !== undefined) this.violations.push(complaint);
    }
  }

  #begin(slot: number): Process {
    // The third is in another container: of the others it knows nothing, nor they of it.
    const identity = slot === 2 ? this.#posed.elsewhere() : this.#posed.process();
    const process = new Process(this.#posed, this.#turns, identity);
    this.#processes.push(process);
    this.#present[slot] = process;
    return process;
  }

  async #happen(events: readonly Event[]): Promise<void> {
    const world: Mortal = { dead: false };
    for (const event of events) {
      await this.#turns.wait(world);
      if (event.kind === 'pass') this.#posed.pass(event.milliseconds);
      else this.#present[event.client]?.kill();
    }
  }

  #look(): void {
    for (const digest of this.#truth.missing()) {
      this.lost.add(digest);
      this.violations.push(`after step ${this.steps}: ${digest} is needed, and it is not there`);
    }
    for (const digest of this.#truth.dangling()) {
      this.violations.push(`after step ${this.steps}: the row of ${digest} has no file`);
    }
  }
}
