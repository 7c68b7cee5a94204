import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@reprise/store';
import { audit } from '../durability/audit.js';
import type { Phase } from '../durability/say.js';
import type { Random } from '../oracle/random.js';
import { Actor } from './actor.js';
import { models, type Stage } from './stage.js';
import type { Finding, Tally } from './tally.js';

/** Cycles that a store lives through at most; after them its writers are left alone to come to their end. */
const longest = 6;
/** A process that says nothing of its end for so long hangs. */
const patience = 30_000;

const sleep = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

/** The life of one store: two writers and a collector work on it at once, and are killed and started again, until both writers have come to their end. */
export class Life {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #report: (finding: string) => void;
  /** Calls that cost nothing, which wait for no lease. */
  readonly #recordedTwice = new Set<string>();
  #folder = '';
  #actors: readonly Actor[] = [];

  constructor(stage: Stage, random: Random, tally: Tally, report: (finding: string) => void) {
    this.#stage = stage;
    this.#random = random;
    this.#tally = tally;
    this.#report = report;
  }

  /** @param most cycles at most */
  async live(most: number): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'reprise-crash-'));
    const { writer, collector } = this.#stage;
    const order = (of: readonly string[]): readonly string[] => (this.#random.chance(0.5) ? of : [...of].reverse());
    const writers = (['a', 'b'] as const).map(
      (name) => new Actor(name, writer, () => [this.#folder, ...order(models[name])]),
    );
    const gc = new Actor('gc', collector, () => [this.#folder]);
    this.#actors = [...writers, gc];
    try {
      for (const actor of this.#actors) actor.start();
      for (let cycle = 0; cycle < Math.min(most, longest) && writers.some(({ running }) => running); cycle++) {
        await this.#cycle();
      }
      await this.#end(writers, gc);
    } finally {
      for (const actor of this.#actors) actor.kill();
      await Promise.all(this.#actors.map((actor) => actor.gone()));
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #cycle(): Promise<void> {
    const running = this.#actors.filter((actor) => actor.running);
    const victims = this.#random.chance(0.4) ? running : [this.#random.pick(running)];
    await this.#moment(this.#random.pick(victims));
    const killed = victims.filter((actor) => actor.kill());
    await Promise.all(killed.map((actor) => actor.gone()));
    // One can have come to its end, or failed, at this very moment.
    const stopped = killed.filter(({ digests, failure }) => digests === undefined && failure === undefined);
    for (const { phase } of stopped) this.#tally.killed[phase] = (this.#tally.killed[phase] ?? 0) + 1;
    this.#tally.cases++;
    await this.#check();
    for (const actor of this.#actors) if (stopped.includes(actor) || actor.failure !== undefined) actor.start();
  }

  /** A random instant, or one shortly after a process has begun what takes too little time to be hit by chance. */
  async #moment(actor: Actor): Promise<void> {
    // Most of a process's first moments are Node's own.
    if (actor.phase === 'starting' && this.#random.chance(0.9)) {
      await Promise.race([sleep(1000), actor.entering('opening', 1)]);
    }
    const by = sleep(this.#random.between(0, 400));
    if (this.#random.chance(0.3)) return by;
    const phases: readonly Phase[] =
      actor.role === 'gc'
        ? ['opening', 'gc', 'gc', 'closing']
        : ['opening', 'training', 'saving', 'appending', 'appending'];
    await Promise.race([by, actor.entering(this.#random.pick(phases), this.#random.between(1, 6))]);
    const until = performance.now() + this.#random.between(0, 1500) / 1000;
    while (performance.now() < until);
  }

  async #check(): Promise<void> {
    const { problems, superseded } = audit(this.#folder);
    for (const { kind, what } of problems) this.#found(kind === 'database' ? 'dangling' : kind, what);
    // No script calls anything else than the others: an op is in another's place only where two processes recorded the same call.
    for (const place of superseded) {
      if (/\/(open|setup)\/\/0$/.test(place)) this.#recordedTwice.add(place);
      else this.#found('duplicated', `${place} was recorded twice`);
    }
    for (const actor of this.#actors)
      if (actor.failure !== undefined) this.#found('failed', `${actor.role}: ${actor.failure}`);
    // A process that runs on may be deleting a call that it has made: it says so before it does.
    let lost = this.#lost();
    if (lost.length > 0) {
      await sleep(100);
      lost = this.#lost();
    }
    for (const place of lost) this.#found('lost', place);
  }

  /** What had resolved and is recorded no longer, or with another answer than an undisturbed run's. */
  #lost(): readonly string[] {
    const { live } = audit(this.#folder);
    const { reference } = this.#stage;
    return this.#actors.flatMap(({ resolved }) =>
      [...resolved].filter((place) => {
        const found = live.get(place);
        return found === undefined || found !== (reference.live.get(place) ?? found);
      }),
    );
  }

  async #end(writers: readonly Actor[], gc: Actor): Promise<void> {
    for (const writer of writers) if (!writer.running && writer.digests === undefined) writer.start();
    const hung = sleep(patience).then(() => 'hung' as const);
    const ended = await Promise.race([Promise.all(writers.map((writer) => writer.gone())), hung]);
    if (ended === 'hung') for (const { role, running } of writers) if (running) this.#found('failed', `${role} hangs`);
    if (gc.failure !== undefined) this.#found('failed', `gc: ${gc.failure}`);
    gc.kill();
    await gc.gone();
    const { digests } = this.#stage.reference;
    for (const { role, digests: found, failure } of writers) {
      if (found === undefined) {
        if (failure !== undefined) this.#found('failed', `${role}: ${failure}`);
        continue;
      }
      this.#tally.completed++;
      for (const [name, digest] of Object.entries(found)) {
        if (digest !== digests[name])
          this.#found('wrongDigests', `${role}: ${name} is ${digest}, not ${digests[name]}`);
      }
    }
    await this.#check();
    for (const what of await leftIn(this.#folder)) this.#found('leftBehind', what);
    this.#tally.recordedTwice += this.#recordedTwice.size;
  }

  #found(finding: Finding, what: string): void {
    this.#tally[finding]++;
    this.#tally.violations++;
    this.#report(`${finding}: ${what}`);
  }
}

/** What nobody needs and garbage collection leaves all the same, and what the store's own verification finds. */
async function leftIn(folder: string): Promise<readonly string[]> {
  const store = await openStore(folder);
  try {
    const { kept } = await store.upkeep.collect({ grace: 0 });
    const { blobs, damages } = await store.upkeep.verify({ full: true });
    const files = (await readdir(join(folder, 'blobs'), { recursive: true })).filter((path) =>
      /[\da-f]{64}$/.test(path),
    );
    // A process that was killed before it had written down who it is may live, for all that anybody knows: its first write stays for a while.
    const writes = await readdir(join(folder, 'tmp'));
    return [
      ...damages.map(({ kind, subject, found }) => `${kind} ${subject}: ${found}`),
      ...(writes.length === kept.recent.count ? [] : writes.map((name) => `tmp/${name}`)),
      ...(files.length === blobs.count ? [] : [`${files.length} files of ${blobs.count} blobs`]),
    ];
  } finally {
    await store.close();
  }
}
