import { Process } from '../durability/process.js';
import type { Phase } from '../durability/say.js';

/** A part that a process plays in the life of a store, over all the processes that play it one after another. */
export class Actor {
  readonly role: string;
  readonly #script: string;
  readonly #args: () => readonly string[];
  /** Calls that have resolved, by their places, less those that were to be deleted. */
  readonly resolved: Set<string> = new Set();
  #process: Process | undefined;
  #phase: Phase = 'starting';
  #digests: { readonly [name: string]: string } | undefined;
  #failure: string | undefined;
  #ended: Promise<void> = Promise.resolve();
  #waiting: { readonly phase: Phase; left: number; readonly seen: () => void } | undefined;

  constructor(role: string, script: string, args: () => readonly string[]) {
    this.role = role;
    this.#script = script;
    this.#args = args;
  }

  /** The states that its run ended with, once it has come to its end. */
  get digests(): { readonly [name: string]: string } | undefined {
    return this.#digests;
  }

  /** Why it ended before its end, where nobody killed it. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get running(): boolean {
    return this.#process?.ended === false;
  }

  start(): void {
    this.#phase = 'starting';
    this.#digests = undefined;
    this.#failure = undefined;
    const process = new Process(globalThis.process.execPath, [this.#script, ...this.#args()], {}, (said) => {
      if ('phase' in said) this.#enter(said.phase);
      else if ('done' in said) this.#did(said.done);
      else if ('end' in said) this.#digests = said.end;
      else this.#failure = said.failed;
    });
    this.#process = process;
    this.#ended = this.#end(process);
  }

  /** Resolves when it enters a phase for the n-th time from now on. */
  entering(phase: Phase, times: number): Promise<void> {
    return new Promise((seen) => {
      this.#waiting = { phase, left: times, seen };
    });
  }

  /** Says whether there was anything to kill. */
  kill(): boolean {
    this.#waiting = undefined;
    if (!this.running) return false;
    this.#process?.kill();
    return true;
  }

  gone(): Promise<void> {
    return this.#ended;
  }

  async #end(process: Process): Promise<void> {
    await process.gone;
    const { exitCode, signalCode } = process.child;
    if (exitCode !== 0 && signalCode !== 'SIGKILL')
      this.#failure ??= `exit ${exitCode}, ${signalCode}: ${process.errors}`;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    const waiting = this.#waiting;
    if (waiting?.phase !== phase || --waiting.left > 0) return;
    this.#waiting = undefined;
    waiting.seen();
  }

  #did(done: string): void {
    const [, deleted] = /^deleting (.*)$/.exec(done) ?? [];
    if (deleted === undefined) this.resolved.add(done);
    else for (const place of this.resolved) if (place.startsWith(deleted)) this.resolved.delete(place);
  }
}
