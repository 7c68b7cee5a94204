import {
  explain,
  type Explanation,
  isDerived,
  type LastAnswer,
  type OpInfo,
  type Recomputing,
  resolveOp,
} from '@reprise/core/inspect';
import type { Paint } from '../paint.js';
import { pairs } from '../table.js';
import { count, visible, when } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { changeSaid, changesSaid, duration, noteOf, opSaid, valueSaid } from '../words.js';

export async function explainOp({ store, args, paint, command }: Session): Promise<Reply> {
  const explanation = await explain(store.log, await resolveOp(store.log, args[0] as string));
  return { data: explanation, lines: linesOf(explanation, paint, command) };
}

function linesOf(explanation: Explanation, paint: Paint, command: string): readonly string[] {
  const { op, answer, fields, live, recomputing } = explanation;
  const note = noteOf(op);
  return [
    `${paint.bold(visible(op.address))}  ${paint.name(`#${op.number}`)}${note === '' ? '' : `  ${paint.warn(note)}`}`,
    '',
    ...answerLines(op, answer, paint, command),
    ...cameLines(explanation),
    ...(live === null ? [] : [`What is recorded there now: ${opSaid(live)}.`]),
    ...(op.damaged ? [paint.bad('Its record is damaged, so what decides it is not known.')] : []),
    ...firstLines(op, answer),
    '',
    ...(fields === null
      ? []
      : [
          paint.bold(op.stateBefore === null ? 'Decided by' : 'Decided by the state before it, and by'),
          ...pairs(
            Object.entries(fields).map(([name, value]) => [name, valueSaid(value)]),
            { name: paint.dim, indent: '  ' },
          ),
          '',
        ]),
    ...recomputingLines(op, recomputing),
  ];
}

function answerLines(op: OpInfo, answer: LastAnswer | null, paint: Paint, command: string): readonly string[] {
  if (answer === null) {
    return isDerived(op.kind)
      ? [`It costs nothing and is worked out each time; what changes in it shows at the next call that stands on it.`]
      : ['No run that is kept called it.'];
  }
  const { at, runsSince, how, reason } = answer;
  const run =
    at === null
      ? 'In this process'
      : `${runsSince === 0 ? 'In the last run' : 'In the last run that came by it'}, ${when(at)}`;
  const later = runsSince === 0 ? [] : [`${count(runsSince, 'later run')} of the model did not call it.`];
  return [
    `${run}: ${paintedHow(answer, paint)}`,
    ...(reason === null ? [] : reasonLines(answer, op)),
    ...(how === 'diverged' ? settleLines(op, command) : []),
    ...later,
  ];
}

function paintedHow({ how, origin, by }: LastAnswer, paint: Paint): string {
  const from = origin === null ? '' : ` from ${opSaid(origin)}`;
  switch (how) {
    case 'hit':
      return `${paint.good('hit')}. The script made the recorded call; nothing was computed.`;
    case 'adopted':
      return `${paint.good('adopted')}${from}. The same call on the same state was recorded there; nothing was computed.`;
    case 'accepted':
      return `${paint.warn('accepted')}. The script made another call, and took this one's result for it.`;
    case 'resumed':
      return `${paint.warn('resumed')}${from}. It had been stopped on the way, and went on from where it was.`;
    case 'extended':
      return `${paint.warn('extended')}${from}. Only the missing epochs were trained.`;
    case 'run':
      return `${paint.warn('run')}. Nothing in the store answered the call, so it was computed.`;
    case 'diverged':
      return `${paint.bad('diverged')}. The script made another call here, and was stopped; nothing was changed.`;
    case 'replaced':
      return `${paint.warn('replaced')}. The script made another call here${by === null ? '' : `, which is ${opSaid(by)}`}.`;
  }
}

function reasonLines({ reason, how }: LastAnswer, op: OpInfo): readonly string[] {
  if (reason === null) return [];
  const { recorded, fields, began, notExtended } = reason;
  const compared = recorded === null || recorded === op.number ? '' : ` with #${recorded}, which was there`;
  if (recorded === null) return how === 'run' ? ['  Nothing was recorded at its place before.'] : [];
  const lines = [
    ...fields.map(
      (field) => `  changed${compared === '' ? '' : ` from #${recorded}`}: ${changeSaid(field)} (recorded → called)`,
    ),
    ...(began === null ? [] : [`  it stands on another state: the change began at ${visible(began)}`]),
    ...(notExtended === null ? [] : [`  it can't be extended: ${visible(notExtended)}`]),
  ];
  return lines.length > 0 || compared === '' ? lines : [`  Compared${compared}, nothing differs.`];
}

function settleLines({ number }: OpInfo, command: string): readonly string[] {
  return [
    `  ${command} rerun ${number}   lets the next run compute the other call`,
    `  ${command} accept ${number}  lets it take this result for the other call`,
  ];
}

function cameLines({ op, answer, origin, earlier }: Explanation): readonly string[] {
  const told = answer !== null && answer.how === op.how && answer.runsSince === 0;
  const from = origin === null ? '' : ` from ${opSaid(origin)}`;
  const recipe = isDerived(op.kind);
  const how = recipe ? '' : op.how === 'run' ? ': computed' : `: ${op.how}${from}`;
  const lines = told ? [] : [`Recorded ${when(op.createdAt)}${how}.`];
  if (earlier === null || answer?.reason?.recorded === earlier.op.number) return lines;
  const differ = changesSaid(earlier.fields).map((field) => `  ${field}`);
  const state = earlier.sameStateBefore === false ? ['  it began from another state'] : [];
  const changed = [...differ, ...state];
  return [
    ...lines,
    `Before it, ${opSaid(earlier.op)} was recorded there${changed.length > 0 ? '; since then changed:' : '.'}`,
    ...changed,
  ];
}

function firstLines(op: OpInfo, answer: LastAnswer | null): readonly string[] {
  if (answer === null) return [];
  const { first, by } = answer;
  const where = op.lane === 'handle' ? 'handle' : 'block';
  if (first === null) return [`Every call of its ${where} in that run was a hit.`];
  const { place, how, reason, entry } = first;
  if (
    entry === op.number ||
    (entry !== null && entry === by?.number) ||
    (entry === null && reason.recorded === op.number)
  ) {
    return [`That was the first call of its ${where} in that run that was not a hit.`];
  }
  const name = `${place.kind}${place.name === '' ? '' : ` '${visible(place.name)}'`} #${place.occurrence + 1}`;
  const why = [...changesSaid(reason.fields), ...(reason.began === null ? [] : [`from ${visible(reason.began)}`])];
  const number = entry === null ? '' : ` (#${entry})`;
  return [
    `The first call of its ${where} in that run that was not a hit: ${name}${number}, ${how}${why.length === 0 ? '' : `: ${why.join(', ')}`}`,
  ];
}

function recomputingLines(op: OpInfo, { own, ops, above }: Recomputing): readonly string[] {
  const itself = own === null ? 'an unknown time' : `about ${duration(own)}`;
  const others =
    ops === 0 ? '' : `, and ${duration(above)} for the ${count(ops, 'op')} that stand${ops === 1 ? 's' : ''} on it`;
  return isDerived(op.kind)
    ? ops === 0
      ? []
      : [`Computing what stands on it again would take about ${duration(above)} (${count(ops, 'op')}).`]
    : [`Computing it again would take ${itself}${others}.`];
}
