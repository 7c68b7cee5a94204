import type { TrainResult } from '@reprise/core';
import { compare } from './compare.js';
import type { PlayedCall } from './play.js';
import { Reference } from './reference.js';
import { expand, type Script } from './script.js';
import type { Spelled } from './spell.js';
import {
  forget,
  killed,
  type Manner,
  type Ran,
  run,
  settle,
  undoAcceptances,
  withCopy,
  withFolder,
} from './session.js';
import { count, type Tally } from './tally.js';
import { truthOf } from './truth.js';

/** How a version is run for the first time; after it, by `rerun`, where that leaves it unfinished. */
export type Way = 'rerun' | 'error' | 'fork' | 'accept' | 'settle' | 'abort' | 'death' | 'forget';

/** One version of a script. */
export interface Step {
  readonly script: Script;
  /** What was done to the version before it. */
  readonly edit: string;
  readonly how: Way;
  /** For `abort` and `death`: the training step before which the run ends. For `forget`: which checkpoint goes first. */
  readonly at: number;
  readonly slow: boolean;
}

export type FindingKind = 'stale' | 'unexplained' | 'broken';

/** Something that the product should not have done. */
export interface Finding {
  readonly kind: FindingKind;
  /** What it is a case of. */
  readonly about: string;
  /** The step of the history. */
  readonly step: number;
  readonly text: string;
}

/** Runs the versions of a script one after another over one store, and compares each run with one without a cache. */
export async function live(steps: readonly Step[], tally: Tally): Promise<readonly Finding[]> {
  return withFolder(async (folder) => {
    const life = new Life(folder, tally);
    for (const [i, step] of steps.entries()) await life.step(i, step, steps[i - 1]?.script ?? null);
    return life.findings;
  });
}

class Life {
  readonly findings: Finding[] = [];
  readonly #folder: string;
  readonly #tally: Tally;
  readonly #reference = new Reference();
  #step = 0;
  /** Whether something was accepted in this store. */
  #accepts = false;

  constructor(folder: string, tally: Tally) {
    this.#folder = folder;
    this.#tally = tally;
  }

  async step(number: number, { script, edit, how, at, slow }: Step, previous: Script | null): Promise<void> {
    this.#step = number;
    count(this.#tally.edits, edit);
    count(this.#tally.ways, how);
    switch (how) {
      case 'error':
        if (await this.#divergesAlone(script, previous)) return;
        break;
      case 'fork':
        await this.#besides(script, previous);
        break;
      case 'settle':
        await this.#settled(script);
        break;
      case 'accept':
        await this.#accepted(script);
        break;
      case 'abort':
      case 'death':
        await this.#compared(script, { policy: 'rerun', slow, kill: { at, by: how === 'abort' ? 'signal' : 'death' } });
        break;
      case 'forget':
        await this.#forget(script, at);
        break;
      case 'rerun':
        break;
    }
    await this.#compared(script, { policy: 'rerun', slow });
  }

  /**
   * Under the policy 'error': the right values, or a divergence that changes nothing, so that the version before is answered whole.
   * True where the step is over with that.
   */
  async #divergesAlone(script: Script, previous: Script | null): Promise<boolean> {
    const ran = await this.#compared(script, { policy: 'error' });
    if (ran.error !== 'DIVERGENCE') return true;
    this.#tally.divergences++;
    const last = ran.calls.at(-1);
    if (last !== undefined && worked(last))
      this.#broken('work before a divergence', `${last.title} worked, and then diverged`);
    if (previous !== null) await this.#stands(previous, 'after a divergence');
    return false;
  }

  /** Each divergence is settled from outside, once. A script that says two things of one checkpoint differs from itself each time. */
  async #settled(script: Script): Promise<void> {
    const met = new Set<number>();
    for (let round = 0; round < 6; round++) {
      const { divergedAt } = await this.#compared(script, { policy: 'error' });
      if (divergedAt === null) return;
      if (met.has(divergedAt))
        return this.#broken('a settlement that settles nothing', `op ${divergedAt} was settled, and diverges again`);
      met.add(divergedAt);
      await settle(this.#folder, divergedAt);
    }
  }

  /** Under the policy 'fork': the right values, and the version before is still what is recorded. */
  async #besides(script: Script, previous: Script | null): Promise<void> {
    const before = previous && (await this.#compared(previous, { policy: 'error' }));
    const forked = await this.#compared(script, { policy: 'fork' });
    if (previous === null || before?.error === 'DIVERGENCE') return;
    const after = await this.#stands(previous, 'after a fork');
    // A train that is lengthened, and a call that is named, take the place of what they go on from: nothing differs from that.
    const renamed = JSON.stringify(keysOf(script)) !== JSON.stringify(keysOf(previous));
    if (renamed || forked.calls.some(({ how }) => how === 'extended' || how === 'resumed')) return;
    for (const [i, { title, call, how }] of after.calls.entries()) {
      const inBlock = call.kind === 'train' || (call.kind === 'cached' && title.startsWith('['));
      if (inBlock && how === 'adopted' && before?.calls[i]?.how === 'hit') {
        this.#broken(
          'a fork in the place of what it left',
          `the fork took the place of ${title} of the version before`,
        );
      }
    }
  }

  /** A version that was run whole is answered whole. */
  async #stands(script: Script, when: string): Promise<Ran> {
    const again = await this.#compared(script, { policy: 'rerun' });
    const { run: truth } = await truthOf(script);
    for (const [i, call] of again.calls.entries()) {
      if (call.recorded && truth.calls[i]?.error === null && worked(call)) {
        this.#broken(`work ${when}`, `${when}, ${call.title} of the version before ran again`);
      }
    }
    return again;
  }

  /**
   * Under the policy 'accept' values are those of other calls, as agreed, and stay so until those very ops are to be rerun. In a copy of
   * the store, since later versions would meet what was accepted.
   */
  async #accepted(script: Script): Promise<void> {
    await withCopy(this.#folder, async (folder) => {
      const first = await run(folder, script, { policy: 'accept' });
      if (first.error !== null) count(this.#tally.errors, `accept: ${first.error}`);
      for (const { how } of first.calls) count(this.#tally.answers, how ?? 'none');
      if (first.error === 'DIVERGENCE' || saysTwice(script)) return;
      const second = await run(folder, script, { policy: 'rerun' });
      for (const [i, call] of second.calls.entries()) this.#staysAccepted(call, first.calls[i]);
      await undoAcceptances(folder);
      const { run: truth } = await truthOf(script);
      this.#ending(await run(folder, script, { policy: 'rerun' }), truth);
    });
  }

  #staysAccepted(call: PlayedCall, before: PlayedCall | undefined): void {
    const { title, how, digest, recorded, error } = call;
    if (before === undefined)
      return this.#stale('other calls after accept', `${title} was not made by the run that accepted`);
    const { difference } = compare(call, before);
    if (difference !== null || digest !== before.digest) {
      this.#stale(
        'another value than was accepted',
        `${title} (${how}) differs from what was accepted:\n${difference}`,
      );
    }
    if (recorded && error === null && worked(call)) {
      this.#unexplained('work after accept', `${title} ran after it was accepted`);
    }
  }

  async #forget(script: Script, at: number): Promise<void> {
    const { digests } = (await truthOf(script)).run;
    const checkpoints = Object.keys(digests);
    if (checkpoints.length === 0) return;
    await forget(this.#folder, script, checkpoints[at % checkpoints.length] as string);
    this.#reference.forget();
  }

  async #compared(script: Script, manner: Manner): Promise<Ran> {
    const { run: truth, doubts } = await truthOf(script);
    for (const doubt of doubts) this.#stale('an empty store', doubt);
    const ran = await run(this.#folder, script, manner);
    // What was accepted stays so, and what stands on it is another call's from there on.
    const agreed = this.#accepts ? ran.calls.findIndex(({ how }) => how === 'accepted') : -1;
    const stops = ran.error === 'DIVERGENCE' || ran.error === killed || agreed >= 0;
    this.#tally.cases++;
    if (!stops) this.#ending(ran, truth);
    const lacking: string[] = [];
    for (const [i, call] of ran.calls.entries()) {
      if (i === agreed) break;
      const without = truth.calls[i];
      if (without === undefined || without.title !== call.title) break;
      const isLast = i === ran.calls.length - 1 && stops;
      if (!isLast) this.#call(call, without, lacking);
      else if (ran.error === killed && manner.kill?.by === 'signal') this.#interrupted(call, without);
    }
    const said = ran.printed.includes('was recorded without');
    if (said !== lacking.length > 0 && !stops) {
      if (said) this.#broken('an absence that is none', 'the report names something absent, and nothing is');
      else this.#stale('a silent absence', `${lacking.join('; ')} is absent, and the report is silent`);
    }
    const idle = ran.calls.every((call) => !worked(call));
    if (idle && ran.loads > 0 && ran.error === null) this.#tally.idleLoads++;
    for (const text of ran.unexplained) this.#unexplained('explain is silent', text);
    return ran;
  }

  /** How a run ended, and where its checkpoints are. */
  #ending(ran: Ran, truth: Ran): void {
    if (ran.error !== null) count(this.#tally.errors, ran.error);
    if (ran.error !== truth.error)
      this.#stale('another ending', `ended in ${ran.error}, and without a cache in ${truth.error}`);
    if (ran.calls.length !== truth.calls.length) {
      this.#stale('other calls', `made ${ran.calls.length} calls, and without a cache ${truth.calls.length}`);
    }
    for (const [id, digest] of Object.entries(truth.digests)) {
      if (ran.digests[id] === digest) continue;
      this.#stale(
        'another final state',
        `the final state of checkpoint '${id}' is ${ran.digests[id]}, and without a cache ${digest}`,
      );
    }
  }

  #call(call: PlayedCall, truth: PlayedCall, lacking: string[]): void {
    const { title, recorded, how } = call;
    this.#tally.calls++;
    count(this.#tally.answers, how ?? 'none');
    if (call.error !== truth.error)
      this.#stale('another error', `${title} threw ${call.error}, and without a cache ${truth.error}`);
    if (call.digest !== truth.digest)
      this.#stale('another state', `after ${title} the state is ${call.digest}, and without a cache ${truth.digest}`);
    const { difference, lacks } = compare(call, truth);
    if (difference !== null)
      this.#stale(`another value of ${call.call.kind}`, `${title} (${how}) returned another value:\n${difference}`);
    if (lacks.length > 0) {
      lacking.push(`${title}: ${lacks.join(', ')}`);
      this.#tally.absences += lacks.length;
    }
    if (!recorded || truth.spelled === null || call.error !== null || truth.error !== null) return;
    this.#work(call, truth, truth.spelled, lacks);
    this.#reference.note(call, truth.spelled);
  }

  /** Whether a call had to work, by the oracle's own account. */
  #work(call: PlayedCall, truth: PlayedCall, spelled: Spelled, lacks: readonly string[]): void {
    const { title, how, call: asked } = call;
    if (call.steps + call.evaluations > 0 && (how === 'hit' || how === 'adopted' || how === 'accepted')) {
      this.#unexplained('work on a hit', `${title} says '${how}', and worked`);
    }
    const known = this.#reference.known(spelled);
    for (const name of known !== undefined && !worked(call) ? lacks : []) {
      if (known?.observes?.[name] === spelled.observes[name])
        this.#broken('a recorded observation that is absent', `${title} was recorded with ${name}, and lacks it`);
    }
    const verdict = this.#reference.verdict(spelled, asked.kind === 'train' ? asked.epochs : 0);
    const idle = !worked(call);
    if (verdict.kind === 'perhaps') return;
    if (verdict.kind === 'answered') {
      if (!idle)
        this.#unexplained(
          `${asked.kind}: answered before`,
          `${title} ran, and this store has answered it before:\n  ${spelled.key}`,
        );
      return;
    }
    const { epochs } = asked.kind === 'train' ? (truth.value as TrainResult) : { epochs: 0 };
    // Nothing is left to train where patience has run out with the last epoch that is kept.
    const whole = asked.kind === 'train' && verdict.kept >= epochs;
    if (idle && !whole && how !== 'extended' && how !== 'resumed') {
      // After an unrecorded train the oracle knows how the state came about, and not its digest: another way may lead to the same.
      if (!spelled.key.includes('trained('))
        this.#stale(
          'an answer to what was never asked',
          `${title} says '${how}' to a call that this store was never asked`,
        );
      return;
    }
    if (asked.kind !== 'train' || verdict.kept === 0) return;
    const missing = (truth.steps / epochs) * Math.max(0, epochs - verdict.kept);
    this.#tally.stepsSpared += truth.steps - call.steps;
    if (call.steps <= missing) return;
    this.#unexplained(
      'train: more epochs than are missing',
      `${title} (${how}) took ${call.steps} steps, and ${missing} were missing: ${verdict.kept} of ${epochs} epochs are kept`,
    );
  }

  /** A train that gave up by its signal has kept its whole epochs. */
  #interrupted(call: PlayedCall, truth: PlayedCall): void {
    if (truth.spelled === null || call.call.kind !== 'train' || truth.error !== null) return;
    const { epochs } = truth.value as TrainResult;
    const verdict = this.#reference.verdict(truth.spelled, call.call.epochs);
    if (verdict.kind !== 'new') return;
    // In the very last step of an epoch the signal may come before its end was reached.
    const whole = Math.ceil(call.steps / (truth.steps / epochs)) - 1;
    this.#reference.noteInterrupted(truth.spelled, verdict.kept + whole);
  }

  #unexplained(kind: string, text: string): void {
    this.#tally.unneededRuns++;
    this.#tally.unexplainedMisses++;
    count(this.#tally.unneededByKind, kind);
    this.#find('unexplained', kind, text);
  }

  #stale(about: string, text: string): void {
    this.#tally.staleHits++;
    count(this.#tally.faults, `stale: ${about}`);
    this.#find('stale', about, text);
  }

  #broken(about: string, text: string): void {
    this.#tally.broken++;
    count(this.#tally.faults, `broken: ${about}`);
    this.#find('broken', about, text);
  }

  #find(kind: FindingKind, about: string, text: string): void {
    this.findings.push({ kind, about, step: this.#step, text });
  }
}

/** Whether a script enters a block twice: what it says first and last of a checkpoint may differ. */
function saysTwice({ statements }: Script): boolean {
  const ids = statements.flatMap(expand).flatMap((statement) => (statement.kind === 'block' ? [statement.id] : []));
  return new Set(ids).size < ids.length;
}

/** The keys of a script's calls. */
function keysOf({ statements }: Script): readonly (readonly [number, string | undefined])[] {
  const calls = statements.flatMap((statement) => (statement.kind === 'block' ? statement.calls : []));
  return calls.map(({ uid, key }) => [uid, key] as const).sort(([a], [b]) => a - b);
}

/** Whether a call computed anything: a `cached` function need not ask the engine. */
function worked({ steps, evaluations, how }: PlayedCall): boolean {
  return steps + evaluations > 0 || how === 'run';
}
