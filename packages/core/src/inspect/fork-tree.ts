import type { OpEntry, OpLog } from '../ports/op-log.js';
import { changesState } from '../replay/final-op.js';
import { describeOps, type OpInfo } from './op-info.js';
import { checkpointsOf } from './subject.js';

/** A checkpoint, or ops of one that others have taken the place of, and what stands on it. */
export interface Branch {
  readonly checkpoint: string;
  readonly description: string;
  readonly status: 'live' | 'superseded';
  /** The ops of the branch that change the state, in their order. */
  readonly ops: readonly OpInfo[];
  /** The op that it stands on; null where that was removed. */
  readonly on: OpInfo | null;
  /** Whether what it stands on is the last op of the branch above it: else it forks off before that one's end. */
  readonly onEnd: boolean;
  readonly children: readonly Branch[];
}

/** The fork tree of a model: what stands on the untrained net, and on nothing any more. */
export interface ForkTree {
  readonly model: string;
  readonly branches: readonly Branch[];
}

/** A run of entries, each standing on the one before. */
interface Chain {
  readonly entries: OpEntry[];
  /** The entry that the first one stands on. */
  readonly on: number | null;
}

/**
 * What stands on what. With `all`, superseded branches as well; without, what stands on one is shown where that stands.
 * Costs a read of the record of each listed op.
 */
export async function forkTree(log: OpLog, model: string, options: { readonly all?: boolean } = {}): Promise<ForkTree> {
  const [rows, entries] = await Promise.all([checkpointsOf(log, model), log.entries({ model })]);
  const moving = entries.filter(({ kind }) => changesState(kind)).toSorted((a, b) => a.id - b.id);
  const chains = chainsOf(inOrder(moving.filter(({ lane }) => lane === 'block')));
  const shown = chains.filter(({ entries: [first] }) => options.all === true || first?.status === 'live');
  const ops = new Map((await describeOps(log, moving)).map((op) => [op.number, op]));
  const chainAt = new Map(chains.flatMap((chain) => chain.entries.map(({ id }) => [id, chain] as const)));

  /** The nearest chain below that is shown. */
  const under = ({ on }: Chain): Chain | undefined => {
    let below = chainAt.get(on ?? -1);
    while (below !== undefined && !shown.includes(below)) below = chainAt.get(below.on ?? -1);
    return below;
  };
  const branch = (chain: Chain): Branch => {
    const first = chain.entries[0] as OpEntry;
    const below = under(chain);
    return {
      checkpoint: first.checkpoint,
      description: rows.find(({ id }) => id === first.checkpoint)?.description ?? '',
      status: first.status,
      ops: chain.entries.flatMap(({ id }) => ops.get(id) ?? []),
      on: ops.get(chain.on ?? -1) ?? null,
      onEnd: below === undefined || below.entries.at(-1)?.id === chain.on,
      children: shown.filter((other) => under(other) === chain).map(branch),
    };
  };
  const created = new Map(rows.map(({ id }, i) => [id, i]));
  const order = (chain: Chain): number => created.get(chain.entries[0]?.checkpoint ?? '') ?? rows.length;
  shown.sort((a, b) => order(a) - order(b));
  return { model, branches: shown.filter((chain) => under(chain) === undefined).map(branch) };
}

/** Each after what it stands on, which an entry that was moved can have a lower number than. */
function inOrder(entries: readonly OpEntry[]): readonly OpEntry[] {
  const byNumber = new Map(entries.map((entry) => [entry.id, entry]));
  const done = new Set<OpEntry>();
  const add = (entry: OpEntry): void => {
    const waiting: OpEntry[] = [];
    for (let at: OpEntry | undefined = entry; at !== undefined && !done.has(at); at = byNumber.get(at.parent ?? -1)) {
      waiting.unshift(at);
    }
    for (const each of waiting) done.add(each);
  };
  entries.forEach(add);
  return [...done];
}

/** Entries of one checkpoint and one status that stand on one another are one chain; a second one on the same entry begins its own. */
function chainsOf(entries: readonly OpEntry[]): Chain[] {
  const endsWith = new Map<number, Chain>();
  const chains: Chain[] = [];
  for (const entry of entries) {
    const above = endsWith.get(entry.parent ?? -1);
    const end = above?.entries.at(-1);
    if (above !== undefined && end?.checkpoint === entry.checkpoint && end.status === entry.status) {
      above.entries.push(entry);
      endsWith.delete(end.id);
      endsWith.set(entry.id, above);
      continue;
    }
    const chain = { entries: [entry], on: entry.parent };
    chains.push(chain);
    endsWith.set(entry.id, chain);
  }
  return chains;
}
