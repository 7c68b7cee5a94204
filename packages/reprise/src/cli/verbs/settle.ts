import { resolveOp, type Settled, settleOp } from '@reprise/core/inspect';
import { count } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { duration, opSaid } from '../words.js';

export function rerun(session: Session): Promise<Reply> {
  return settle(session, 'rerun');
}

export function accept(session: Session): Promise<Reply> {
  return settle(session, 'accept');
}

async function settle({ store, args, has, now, command }: Session, policy: 'rerun' | 'accept'): Promise<Reply> {
  const entry = await resolveOp(store.log, args[0] as string);
  const settled = await settleOp(store.log, entry, has('undo') ? null : policy, now);
  return { data: settled, lines: linesOf(settled, command) };
}

function linesOf({ op, policy, before, recomputing }: Settled, command: string): readonly string[] {
  const name = opSaid(op);
  if (policy === null) return [`Taken back: ${before} at ${name}. A run that differs there asks again.`];
  const instead = before === null || before === policy ? [] : [`This takes the place of ${before}.`];
  const { own, ops, above } = recomputing;
  const undo = `Nothing happens until the script runs. To take it back: ${command} ${policy} ${op.number} --undo`;
  if (policy === 'accept') {
    return [
      `The next run that calls something else at ${name} takes its result for that, then and later.`,
      ...instead,
      undo,
    ];
  }
  return [
    `The next run that calls something else at ${name} computes that, once.`,
    `What is recorded there is kept aside${ops === 0 ? '' : `, with ${count(ops, 'op')} on top of it`}. By the recorded times that takes about ${duration((own ?? 0) + above)}.`,
    ...instead,
    undo,
  ];
}
