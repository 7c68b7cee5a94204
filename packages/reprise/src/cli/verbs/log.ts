import { type CheckpointLog, isDerived, logOf, type OpInfo, resolveSubject } from '@reprise/core/inspect';
import { table } from '../table.js';
import { opsSaid } from '../damages.js';
import { quoted } from '../../shell.js';
import { visible } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { duration, noteOf, notePaint, scoresSaid, short, unfinishedSaid } from '../words.js';

export async function log(session: Session): Promise<Reply> {
  const { store, args, has } = session;
  const subject = await resolveSubject(store.log, args[0] as string, { kinds: ['model', 'checkpoint'] });
  const all = has('all');
  const damaged = await store.upkeep.damagedStates();
  const checkpoints =
    subject.kind === 'model'
      ? await logOf(store.log, subject.model.id, { all, damaged })
      : await logOf(store.log, subject.checkpoint.model, { all, damaged, checkpoint: subject.checkpoint.id });
  const blocks = checkpoints.map((checkpoint) => logLines(checkpoint, session));
  const lines = blocks.flatMap((block, i) => (i === 0 ? block : ['', ...block]));
  return {
    data: { checkpoints },
    lines: lines.length === 0 ? [`${visible(args[0] as string)} has no calls yet.`] : lines,
  };
}

/** The calls of a checkpoint below its name. */
export function logLines(
  { address, description, ops, unfinished, unreadable }: CheckpointLog,
  { paint, width }: Pick<Session, 'paint' | 'width'>,
): readonly string[] {
  const said = description === '' ? '' : `  ${visible(description)}`;
  const stopped = unfinished.map(
    (train) => `  ${visible(train.title)} ${paint.warn(unfinishedSaid(train))}; the same call goes on from there`,
  );
  const lost =
    unreadable.length === 0
      ? []
      : [
          `  ${paint.warn(`The state after ${opsSaid(unreadable)} can't be read`)}: the next run of the script computes it again`,
        ];
  return [`${paint.bold(visible(quoted(address)))}${said}`, ...opLines(ops, { paint, width }), ...stopped, ...lost];
}

/** A table of ops. */
export function opLines(ops: readonly OpInfo[], { paint, width }: Pick<Session, 'paint' | 'width'>): readonly string[] {
  if (ops.length === 0) return [paint.dim('  no calls')];
  const columns = [
    { title: 'OP', align: 'right' },
    { title: 'CALL' },
    { title: 'RESULT' },
    { title: 'COST', align: 'right' },
    { title: 'STATE' },
    { title: 'NOTE' },
  ] as const;
  const rows = ops.map((op) => {
    const faded = op.status === 'superseded' ? paint.dim : (text: string) => text;
    return [
      { text: `#${op.number}`, paint: op.status === 'superseded' ? paint.dim : paint.name },
      { text: `${op.lane === 'handle' ? 'handle: ' : ''}${op.title}`, paint: faded },
      { text: scoresSaid(op.result), narrow: scoresSaid(op.result, 1), paint: faded },
      { text: costSaid(op), paint: faded },
      { text: short(op.stateAfter), narrow: '', paint: faded },
      { text: noteOf(op), paint: notePaint(op, paint) },
    ];
  });
  return table(columns, rows, { width, head: paint.dim, indent: '  ' });
}

/** What recipes cost is not worth saying. */
function costSaid({ kind, cost }: OpInfo): string {
  return cost === null || isDerived(kind) ? '' : duration(cost);
}
