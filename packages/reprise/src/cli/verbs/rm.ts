import { type Amount, RepriseError } from '@reprise/core';
import { type OpInfo, type Removal, removeSubject, resolveSubject } from '@reprise/core/inspect';
import type { Paint } from '../paint.js';
import { count, visible } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { duration, size } from '../words.js';

export async function rm({ store, args, has, paint, progress, command }: Session): Promise<Reply> {
  const subject = await resolveSubject(store.log, args[0] as string, { kinds: ['model', 'checkpoint', 'op'] });
  const options = { recursive: has('recursive'), dryRun: has('dryRun'), leases: store.leases };
  const removal = await removeSubject(store.log, subject, options);
  const lines = linesOf(removal, paint);
  if (!removal.removed) return { data: removal, lines: [...lines, 'Nothing was changed: this was a dry run.'] };
  try {
    const { freed } = await store.upkeep.collect({ grace: 0, rowsOnly: true, onProgress: progress });
    return { data: { ...removal, freed: freed.unreferenced }, lines: [...lines, freedSaid(freed.unreferenced)] };
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    const later = `The disk space was not freed: ${error.message} Later: ${command} gc`;
    return { data: { ...removal, freed: null }, lines: [...lines, later] };
  }
}

function freedSaid({ count: files, bytes }: Amount): string {
  if (files === 0) return 'No disk space is freed: all that it needed is needed elsewhere.';
  return `Freed ${size(bytes)} in ${count(files, 'file')} that nothing needs any more.`;
}

function linesOf(removal: Removal, paint: Paint): readonly string[] {
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
  ];
}

function opLines(ops: readonly OpInfo[]): readonly string[] {
  return ops.map((op) => `  #${op.number}  ${visible(op.address)}${op.status === 'superseded' ? '  superseded' : ''}`);
}

function numbers(ops: readonly OpInfo[]): string {
  return ops.map(({ number }) => `#${number}`).join(', ');
}
