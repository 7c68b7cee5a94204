import { decodeVerified, encode } from '../codec/index.js';
import { RepriseError } from '../errors/base.js';
import type { Hasher } from '../ports/hasher.js';
import type { EntryOrigin, NewEntry, OpEntry, OpLog, OpRecord, Snapshot } from '../ports/op-log.js';
import type { Fingerprint } from '../values/digest.js';
import type { Plain } from '../values/plain.js';
import type { Answer, Reason } from './account.js';
import type { Answered, Call, Ran, Saved } from './call.js';
import { type ChainOp, type ComponentSummary, logChain, publishChain, replaces, underId } from './chain.js';
import { divergence } from './divergence.js';
import { type Extending, isUnfinished, type Known, knownOf, lengthens, whyNotExtended } from './extend.js';
import { type Fields, fingerprintOf } from './fields.js';
import { forkId } from './fork-id.js';
import { requireParent, stateChanged } from './lost.js';
import { reasonOf } from './reason.js';
import { recompute, type Recomputed } from './recompute.js';

/**
 * The replay rule. A call is looked up in this order: at its place (hit), by its fingerprint anywhere (adopted), as a train of another number of
 * epochs (hit, resumed, extended), and then it is new (run), or another call holds its place (diverged, by policy). Reads no tensor, loads no
 * engine, iterates no data, unless it runs.
 * @throws DivergenceError; whatever running throws. The log is then as it was, but for snapshots.
 */
export async function answer(log: OpLog, hasher: Hasher, now: () => number, call: Call): Promise<Answered> {
  const { place, name, head, fields } = call;
  const fingerprint = fingerprintOf(hasher, { kind: place.kind, name, fields, before: head.state });
  const match = await log.match(place, fingerprint);
  const lookup = new Lookup(log, hasher, now, call, fingerprint);
  if (match === undefined) return lookup.answer();
  const { stateAfter } = match.record;
  return stateAfter !== null && call.isDamaged(stateAfter)
    ? lookup.recompute(match)
    : lookup.hit(match.entry, match.record);
}

/** A call that is not simply a hit. */
class Lookup {
  readonly #log: OpLog;
  readonly #hasher: Hasher;
  readonly #now: () => number;
  readonly #call: Call;
  readonly #fingerprint: Fingerprint;

  constructor(log: OpLog, hasher: Hasher, now: () => number, call: Call, fingerprint: Fingerprint) {
    this.#log = log;
    this.#hasher = hasher;
    this.#now = now;
    this.#call = call;
    this.#fingerprint = fingerprint;
  }

  async answer(): Promise<Answered> {
    const { place, diverges, extending, forkOf, head } = this.#call;
    const log = this.#log;
    const [entry, record] = await Promise.all([log.at(place), log.record(this.#fingerprint)]);
    const settlement = entry && (await log.settlement(entry.id));
    const accepted = record !== undefined && record.fingerprint !== this.#fingerprint;
    // It was agreed to for ever: what the script says of divergences doesn't undo it.
    if (accepted && entry?.record === record.fingerprint && settlement?.policy !== 'rerun') {
      const reason = await this.#reason(entry, null);
      return { ...(await this.hit(entry, record, 'accepted')), reason };
    }
    // Who wrote it meanwhile may have made this very call.
    if (await this.#call.hold()) return answer(log, this.#hasher, this.#now, this.#call);
    if (accepted && entry === undefined && (await this.#stoodHere(record)))
      return this.#adopt(entry, record, 'accepted');

    const there = entry && { entry, record: (await log.record(entry.record)) as OpRecord };
    // What was said of this very op goes before all that could be gone on with.
    if (there !== undefined && diverges && settlement?.policy === 'accept') return this.#settle(there, 'accept', null);
    const policy = this.#call.override ?? settlement?.policy ?? this.#call.policy;
    const longer = extending !== null && (await lengthens(log, extending, there));
    if (policy === 'fork' && forkOf !== null && !longer) {
      const differs = there !== undefined && diverges;
      if (differs || (await replaces(log, head.op, place.checkpoint))) return this.#fork(forkOf);
    }
    if (record !== undefined && !accepted) return this.#adopt(entry, record, 'adopted');

    const known = extending === null ? nothing : await knownOf(log, extending);
    const came = await this.#another(entry, known);
    if (came !== null) return came;
    const [from] = known.from;
    const agreed = policy === 'rerun' || (longer && from !== undefined);
    const goesOn =
      extending !== null && from !== undefined && (isUnfinished(from, extending) || from.epoch === extending.epochs);
    if (there === undefined || !diverges || agreed || goesOn) {
      const notExtended =
        there && extending && (await whyNotExtended(log, { ...this.#call, ...extending }, there, known));
      return this.#run(entry, known, { agreed, notExtended: longer ? null : (notExtended ?? null) });
    }
    const notExtended = extending && (await whyNotExtended(log, { ...this.#call, ...extending }, there, known));
    if (policy === 'fork') return this.#run(entry, known, { agreed: true, notExtended });
    return this.#settle(there, policy, notExtended);
  }

  async hit(entry: OpEntry, record: OpRecord, how: 'hit' | 'accepted' = 'hit'): Promise<Answered> {
    const log = this.#log;
    const { head, position } = this.#call;
    if (head.op.entry === null) await logChain(log, head.op);
    const parent = head.op.entry;
    if (entry.position !== position || entry.parent !== parent) await log.move(entry.id, { position, parent });
    return this.#answered(how, record, entry, { origin: null, ran: false, saved: record.cost, reason: null });
  }

  /** The op is recorded, and its state can't be read: it is computed again. */
  async recompute(there: { readonly entry: OpEntry; readonly record: OpRecord }): Promise<Answered> {
    if (await this.#call.hold()) return answer(this.#log, this.#hasher, this.#now, this.#call);
    const { entry, record, same, took } = await this.#recomputed(there);
    const reason = same ? null : await this.#reason(there.entry, null);
    return this.#answered(same ? 'hit' : 'run', record, entry, {
      origin: null,
      ran: true,
      saved: 0,
      spent: took,
      reason,
    });
  }

  async #recomputed(there: { readonly entry: OpEntry; readonly record: OpRecord }): Promise<Recomputed> {
    const { extending } = this.#call;
    const { from } = extending === null ? nothing : await knownOf(this.#log, extending);
    const recordOf = (ran: Ran, saved: Saved): Promise<OpRecord> => this.#recordOf(ran, saved);
    const readable = from.filter(
      ({ state, best }) => !this.#call.isDamaged(state) && (best === null || !this.#call.isDamaged(best)),
    );
    const came = await recompute(this.#log, this.#hasher, this.#call, there, readable, recordOf);
    this.#call.recomputed(there.record, came);
    return came;
  }

  /** Later in the run, when its state can't be read. */
  async #again(there: { readonly entry: OpEntry; readonly record: OpRecord }): Promise<void> {
    const held = this.#call.lease() !== undefined;
    await this.#call.hold();
    try {
      const came = await this.#recomputed(there);
      if (!came.same) throw stateChanged(this.#call.place);
    } finally {
      if (!held) await this.#call.letGo();
    }
  }

  #answered(
    how: Answer,
    record: OpRecord,
    entry: OpEntry,
    more: Pick<Answered, 'origin' | 'ran' | 'saved' | 'spent' | 'reason'>,
  ): Answered {
    const { place, position, head } = this.#call;
    const op: ChainOp | null =
      record.stateAfter === null
        ? null
        : {
            place,
            position,
            record,
            components: componentsOf(record),
            parent: head.op,
            entry: entry.id,
            // What was accepted came of another call, which this script doesn't make.
            ...(record.fingerprint === this.#fingerprint ? { again: () => this.#again({ entry, record }) } : {}),
          };
    return { how, record, result: decodeVerified(record.result), op, entry, fork: null, ...more };
  }

  /** Whether an accepted record is that of a call of this block or handle which has a key by now, or another one. */
  async #stoodHere({ fingerprint }: OpRecord): Promise<boolean> {
    const { model, checkpoint, lane, kind } = this.#call.place;
    const at = { model, checkpoint, lane, kind, record: fingerprint, status: 'live' } as const;
    return (await this.#log.entries(at)).length > 0;
  }

  /** A train that is known without running anything: it stopped early, or no epoch is missing of what was kept. */
  async #another(entry: OpEntry | undefined, { stopped, from }: Known): Promise<Answered | null> {
    const { extending, fields } = this.#call;
    if (extending === null) return null;
    if (stopped !== null) {
      const record = { ...stopped, fingerprint: this.#fingerprint, fields, createdAt: this.#now() };
      return this.#adopt(entry, record, 'hit', stopped.fingerprint);
    }
    const [furthest] = from;
    const came = furthest && (await this.#call.finish(this.#call.place, furthest));
    if (furthest === undefined || came === undefined || came === null) return null;
    const how = isUnfinished(furthest, extending) ? 'resumed' : 'hit';
    return this.#record(entry, came, how, { ran: false, agreed: false, notExtended: null });
  }

  /** Takes a record from elsewhere. What stood on the one that it replaces stands where it is, and is asked about when it is called. */
  async #adopt(
    replaced: OpEntry | undefined,
    record: OpRecord,
    how: 'adopted' | 'accepted' | 'hit',
    from: Fingerprint = record.fingerprint,
  ): Promise<Answered> {
    const log = this.#log;
    const known = await log.entries({ record: from });
    const origin = known.find(({ status }) => status === 'live') ?? newest(known);
    await logChain(log, this.#call.head.op);
    const reason = await this.#reason(replaced, null);
    const there = replaced && (await log.record(replaced.record));
    const [entry] = await log.commit({
      states: this.#call.head.unlogged,
      records: from === record.fingerprint ? [] : [record],
      supersede: replaced === undefined ? [] : [replaced.id],
      entries: [this.#entry(record, 'adopted', origin?.id ?? null, inheritance(replaced, there, record))],
      lease: this.#call.lease(),
    });
    return this.#answered(how, record, entry as OpEntry, { origin, ran: false, saved: record.cost, reason });
  }

  async #run(
    replaced: OpEntry | undefined,
    known: Known,
    { agreed, notExtended }: { readonly agreed: boolean; readonly notExtended: string | null },
  ): Promise<Answered> {
    const log = this.#log;
    const { extending, head } = this.#call;
    const published = await publishChain(head.op);
    await requireParent(log, head.op);
    // A data set of the user's own may fail to say what it is made of: better before the work than after it.
    await this.#call.outline();
    const ran = await this.#call.run(this.#call.place, known.from, published);
    const how = ran.from === null || extending === null ? 'run' : goneOn(ran.from, extending);
    try {
      return await this.#record(replaced, ran, how, { ran: true, agreed, notExtended });
    } catch (error) {
      await ran.refused?.();
      throw error;
    }
  }

  /** Adds what a call came to. The states that it names can be deleted while they are unnamed: they are then stored again. */
  async #record(
    replaced: OpEntry | undefined,
    came: Ran,
    how: Came,
    {
      ran,
      agreed,
      notExtended,
    }: { readonly ran: boolean; readonly agreed: boolean; readonly notExtended: string | null },
  ): Promise<Answered> {
    const log = this.#log;
    await logChain(log, this.#call.head.op);
    const reason = await this.#reason(replaced, notExtended);
    const there = replaced && (await log.record(replaced.record));
    const { from } = came;
    const origin = from === null ? null : await this.#originOf(from);
    for (let attempt = 1; ; attempt++) {
      try {
        const saved = await came.save();
        const record = await this.#recordOf(came, saved);
        const supersede = replaced === undefined ? [] : await this.#superseded(replaced, there, record, agreed);
        const [entry] = await log.commit({
          states: [...this.#call.head.unlogged, ...saved.states, ...(saved.after === null ? [] : [saved.after])],
          records: [record],
          snapshots: saved.snapshots,
          ...(saved.forget && { forget: saved.forget }),
          supersede,
          settled: replaced === undefined ? [] : [replaced.id],
          lease: this.#call.lease(),
          entries: [
            this.#entry(
              record,
              how === 'hit' ? 'extended' : how,
              origin?.id ?? null,
              inheritance(replaced, there, record),
            ),
          ],
        });
        await saved.committed?.();
        // Another process may have recorded the same call meanwhile: what every later run returns is what this one does.
        const recorded = (await log.record(this.#fingerprint)) ?? record;
        const spared = ran ? (from?.cost ?? 0) : recorded.cost;
        return this.#answered(how, recorded, entry as OpEntry, { origin: from, ran, saved: spared, reason });
      } catch (error) {
        const deleted = error instanceof RepriseError && error.code === 'DANGLING_REFERENCE';
        if (deleted && attempt < mostAttempts) continue;
        if (deleted) await requireParent(log, this.#call.head.op, 'What was computed is not recorded');
        throw error;
      }
    }
  }

  /** The train that a snapshot was the end of; null where it was on the way. */
  async #originOf({ place, series, running }: Snapshot): Promise<OpEntry | null> {
    if (running) return null;
    const records = new Set((await this.#log.series(series)).map(({ fingerprint }) => fingerprint));
    return newest((await this.#log.entries(place)).filter(({ record }) => records.has(record)));
  }

  /** Goes on beside what is recorded, under an id that follows from the call. */
  async #fork(base: string): Promise<Answered> {
    const { place, head } = this.#call;
    const checkpoint = forkId(base, this.#fingerprint);
    const op = await underId(this.#log, head.op, place.checkpoint, checkpoint);
    // The id is made for this very call: whatever stands there makes way.
    const forked = { ...this.#call, place: { ...place, checkpoint }, head: { ...head, op }, ...rerun };
    const reason = await this.#reason(await this.#log.at(place), null);
    const result = await answer(this.#log, this.#hasher, this.#now, forked);
    return { ...result, fork: checkpoint, base: op, reason: result.reason ?? reason };
  }

  async #settle(
    there: { readonly entry: OpEntry; readonly record: OpRecord },
    policy: 'error' | 'accept',
    notExtended: string | null,
  ): Promise<Answered> {
    const { entry, record } = there;
    const { head, place, command, forkOf, fields } = this.#call;
    // The state of another net can't be gone on from: there is nothing to accept.
    const acceptable = componentsOf(record).net === head.op.components.net;
    const reason = await this.#reason(entry, notExtended);
    if (policy === 'error' || !acceptable) {
      throw await divergence(this.#log, { ...there, acceptable }, { place, command, forks: forkOf !== null, reason });
    }
    await logChain(this.#log, head.op);
    const alias = { fingerprint: this.#fingerprint, record: record.fingerprint, fields, createdAt: this.#now() };
    await this.#log.commit({ aliases: [alias], settled: [entry.id], lease: this.#call.lease() });
    return { ...(await this.hit(entry, record, 'accepted')), reason };
  }

  async #reason(there: OpEntry | undefined, notExtended: string | null): Promise<Reason> {
    const { observed } = this.#call;
    const called = { ...this.#call, observed: { ...observed, ...(await this.#call.outline()) } };
    return reasonOf(this.#log, called, there, notExtended);
  }

  /**
   * Which entries make way. Where it was agreed to, what descends from the old state goes with it; else it stays, and is asked about when it
   * is called.
   */
  async #superseded(
    replaced: OpEntry,
    there: OpRecord | undefined,
    record: OpRecord,
    agreed: boolean,
  ): Promise<readonly number[]> {
    if (!agreed || record.stateAfter === null || there?.stateAfter === record.stateAfter) return [replaced.id];
    return [replaced.id, ...(await this.#log.descendants(replaced.id)).map(({ id }) => id)];
  }

  async #recordOf(ran: Ran, { after }: Saved): Promise<OpRecord> {
    const { place, fields, observed, head, extending, summary } = this.#call;
    return {
      fingerprint: this.#fingerprint,
      kind: place.kind,
      series: extending?.series ?? null,
      fields,
      summary: { ...summary, ...lacking(ran.lacks), components: ran.components as unknown as Plain },
      observed: { ...observed, ...(await this.#call.outline()) },
      stateBefore: head.state,
      stateAfter: after?.digest ?? null,
      result: encode(ran.result),
      lines: ran.lines,
      cost: ran.cost,
      provenance: ran.provenance,
      createdAt: this.#now(),
    };
  }

  #entry(
    record: OpRecord,
    how: EntryOrigin,
    origin: number | null,
    inherits: { readonly inherits?: number },
  ): NewEntry {
    const { place, position, head } = this.#call;
    const createdAt = this.#now();
    return {
      ...place,
      position,
      record: record.fingerprint,
      parent: head.op.entry,
      how,
      origin,
      createdAt,
      ...inherits,
    };
  }
}

/** How a call came to what is recorded of it. */
type Came = 'hit' | 'resumed' | 'extended' | 'run';

/** Going on with what was kept of a train: nothing is left to do, or that train was killed, or asked for another number of epochs. */
function goneOn(from: Snapshot, call: Extending): 'hit' | 'resumed' | 'extended' {
  if (from.running) return isUnfinished(from, call) ? 'resumed' : 'extended';
  return from.epoch === call.epochs ? 'hit' : 'extended';
}

const rerun = { policy: 'rerun', override: null } as const;
const nothing: Known = { stopped: null, from: [] };
const mostAttempts = 3;

function lacking(lacks: readonly string[]): Fields {
  return lacks.length === 0 ? {} : { lacks };
}

/** What stands on an entry goes over to the one that takes its place, where the state after is the same. */
function inheritance(
  replaced: OpEntry | undefined,
  there: OpRecord | undefined,
  record: OpRecord,
): { readonly inherits?: number } {
  const same = there !== undefined && there.stateAfter !== null && there.stateAfter === record.stateAfter;
  return replaced !== undefined && same ? { inherits: replaced.id } : {};
}

function newest(entries: readonly OpEntry[]): OpEntry | null {
  return entries.reduce<OpEntry | null>((last, entry) => (last !== null && last.id > entry.id ? last : entry), null);
}

/** What a recorded state-changing op left set. */
export function componentsOf(record: OpRecord): ComponentSummary {
  return record.summary['components'] as unknown as ComponentSummary;
}
