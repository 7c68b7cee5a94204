import { type OpInfo, type Removal, removeSubject, resolveSubject } from '@reprise/core/inspect';
import type { Paint } from '../paint.js';
import { count, visible } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { duration } from '../words.js';

export async function rm({ store, args, has, paint }: Session): Promise<Reply> {
  const subject = await resolveSubject(store.log, args[0] as string, { kinds: ['model', 'checkpoint', 'op'] });
  const options = { recursive: has('recursive'), dryRun: has('dryRun') };
  const removal = await removeSubject(store.log, subject, options);
  return { data: removal, lines: linesOf(removal, store.location, paint) };
}

function linesOf(removal: Removal, location: string, paint: Paint): readonly string[] {
  const { address, kind, removed, ops, checkpoints, unfinished, tags, shared, left, cost } = removal;
  const what = [
    ...(kind === 'model' ? [count(checkpoints.length, 'checkpoint')] : []),
    count(ops.length, 'op'),
    ...(unfinished > 0 ? [count(unfinished, 'unfinished train')] : []),
    ...(tags.length > 0 ? [`${count(tags.length, 'tag')} (${tags.map(visible).join(', ')})`] : []),
  ].join(', ');
  const others = checkpoints.filter((each) => each !== address);
  return [
    `${removed ? 'Removed' : 'Would remove'} ${kind === 'op' ? `#${ops[0]?.number ?? ''}` : `the ${kind}`} ${paint.bold(visible(address))}: ${what}${cost > 0 ? `, which took ${duration(cost)} to compute` : ''}.`,
    ...opLines(ops),
    ...(kind !== 'model' && others.length > 0
      ? [
          `With ${others.length === 1 ? 'it' : 'them'} ${removed ? 'went' : 'would go'} all of ${others.map(visible).join(', ')}.`,
        ]
      : []),
    ...(shared.length > 0
      ? [
          `The ${shared.length === 1 ? 'record' : 'records'} of ${numbers(shared)} ${shared.length === 1 ? 'stays' : 'stay'}: an op elsewhere or a tag names ${shared.length === 1 ? 'it' : 'them'}, so the call is answered without computing.`,
        ]
      : []),
    ...(left.length > 0
      ? [
          `${numbers(left)} stood on ${ops.length === 1 ? 'it' : 'them'}, and ${left.length === 1 ? 'stays' : 'stay'} whole:`,
          ...opLines(left),
        ]
      : []),
    `The tensors stay in ${location}: no disk space is freed, since this version can't collect them yet.`,
    ...(removed ? [] : ['Nothing was changed: this was a dry run.']),
  ];
}

function opLines(ops: readonly OpInfo[]): readonly string[] {
  return ops.map((op) => `  #${op.number}  ${visible(op.address)}${op.status === 'superseded' ? '  superseded' : ''}`);
}

function numbers(ops: readonly OpInfo[]): string {
  return ops.map(({ number }) => `#${number}`).join(', ');
}
