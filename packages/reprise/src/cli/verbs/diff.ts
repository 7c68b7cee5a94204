import { type FieldChange } from '@reprise/core';
import {
  type CheckpointDiff,
  checkpointAddress,
  diffCheckpoints,
  diffOps,
  type OpDiff,
  type OpPair,
  type Parting,
  resolveSubject,
  type ScorePair,
} from '@reprise/core/inspect';
import type { Paint } from '../paint.js';
import { table } from '../table.js';
import { quoted } from '../../shell.js';
import { visible } from '../text.js';
import { type Reply, type Session, UsageError } from '../verb.js';
import { changesSaid, opSaid, scoreSaid } from '../words.js';

export async function diff({ store, args, paint }: Session): Promise<Reply> {
  const { log } = store;
  const [first = '', second = ''] = args;
  const kinds = ['checkpoint', 'op'] as const;
  const [a, b] = [await resolveSubject(log, first, { kinds }), await resolveSubject(log, second, { kinds })];
  if (a.kind === 'op' && b.kind === 'op') {
    const data = await diffOps(log, a.entry, b.entry);
    return { data, lines: opLines(data, paint) };
  }
  if (a.kind === 'checkpoint' && b.kind === 'checkpoint') {
    const data = await diffCheckpoints(log, a.checkpoint, b.checkpoint);
    return { data, lines: checkpointLines(data, paint) };
  }
  const said = (kind: 'op' | 'checkpoint'): string => (kind === 'op' ? 'an op' : 'a checkpoint');
  throw new UsageError(
    `diff compares two ops or two checkpoints; ${quoted(first)} is ${said(a.kind)}, ${quoted(second)} is ${said(b.kind)}.`,
  );
}

function opLines(difference: OpDiff, paint: Paint): readonly string[] {
  const { a, b, same, sameState, fields, observed, parting, scores } = difference;
  const damaged = [a, b].filter((op) => op.damaged).map((op) => paint.bad(`The record of ${opSaid(op)} is damaged.`));
  const verdict = same
    ? 'The same call on the same state: one record answers both.'
    : sameState === true
      ? 'They lead to the same state, bit for bit.'
      : fields.length === 0 && parting === null && damaged.length === 0
        ? 'The same arguments.'
        : '';
  return [
    `a  ${paint.name(opSaid(a))}`,
    `b  ${paint.name(opSaid(b))}`,
    ...damaged,
    ...(fields.length === 0 ? [] : ['', paint.bold('What decides, and differs (a → b)'), ...linesFor(fields)]),
    ...(observed.length === 0 ? [] : ['', paint.bold('Only observed, and differs (a → b)'), ...linesFor(observed)]),
    ...(parting === null ? [] : ['', ...partingLines(parting, paint)]),
    ...(scores.length === 0 ? [] : ['', ...scoreTable(scores, paint)]),
    ...(verdict === '' ? [] : ['', verdict]),
  ];
}

function checkpointLines({ a, b, sameState, parting, ops }: CheckpointDiff, paint: Paint): readonly string[] {
  const verdict =
    sameState === true
      ? 'They are in the same state, bit for bit.'
      : sameState === null
        ? 'One of them has no state.'
        : 'Their states differ.';
  return [
    `a  ${paint.name(visible(checkpointAddress(a.model, a.id)))}`,
    `b  ${paint.name(visible(checkpointAddress(b.model, b.id)))}`,
    ...(parting === null ? [] : ['', ...partingLines(parting, paint)]),
    '',
    paint.bold('Call by call (a → b)'),
    ...ops.flatMap((pair) => pairLines(pair, paint)),
    '',
    verdict,
  ];
}

function linesFor(changes: readonly FieldChange[], indent: string = '  '): readonly string[] {
  return changesSaid(changes).map((change) => indent + change);
}

function partingLines({ a, b, fields }: Parting, paint: Paint): readonly string[] {
  if (a === null || b === null) {
    const [longer, shorter, next] = b === null ? ['a', 'b', a] : ['b', 'a', b];
    return next === null
      ? []
      : [`All that led to ${shorter} led to ${longer} too, which went on with ${opSaid(next)}.`];
  }
  return [paint.bold('Their pasts part at'), `  a  ${opSaid(a)}`, `  b  ${opSaid(b)}`, ...linesFor(fields)];
}

const said: Readonly<Record<OpPair['how'], string>> = {
  same: 'the same',
  fields: 'differs',
  state: 'the same arguments, on another state',
  only: 'only in',
  damaged: 'a record is damaged',
};

function pairLines({ title, lane, a, b, how, fields, scores }: OpPair, paint: Paint): readonly string[] {
  const name = `${lane === 'handle' ? 'handle: ' : ''}${visible(title)}`;
  const what = how === 'only' ? `only in ${a === null ? 'b' : 'a'}` : said[how];
  const numbers = [a, b].flatMap((op) => (op === null ? [] : [`#${op.number}`])).join(' → ');
  const differing = scores.filter((pair) => pair.a !== pair.b && pair.name !== 'lr');
  return [
    `  ${name}  ${paint.dim(numbers)}  ${how === 'same' ? paint.dim(what) : paint.warn(what)}`,
    ...linesFor(fields, '    '),
    ...differing.map((pair) => `    ${visible(pair.name)} ${number(pair, 'a')} → ${number(pair, 'b')}`),
  ];
}

function scoreTable(scores: readonly ScorePair[], paint: Paint): readonly string[] {
  const columns = [{ title: 'RESULT' }, { title: 'A', align: 'right' }, { title: 'B', align: 'right' }] as const;
  const rows = scores.map((pair) => [pair.name, number(pair, 'a'), number(pair, 'b')]);
  return table(columns, rows, { width: null, head: paint.bold });
}

function number(pair: ScorePair, side: 'a' | 'b'): string {
  const value = pair[side];
  return value === null ? '-' : scoreSaid(pair.name, value);
}
