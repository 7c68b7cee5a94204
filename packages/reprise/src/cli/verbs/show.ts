import { type Alias, type Plain } from '@reprise/core';
import {
  detailsOf,
  listCheckpoints,
  logOf,
  modelInfo,
  type ModelInfo,
  type OpDetails,
  resolveSubject,
  runsOf,
  type StateInfo,
} from '@reprise/core/inspect';
import { pairs } from '../table.js';
import { count, visible, when } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { duration, noteOf, opSaid, scoresOf, short, size, valueSaid } from '../words.js';
import { checkpointLines, checkpointPairs } from './ls.js';
import { logLines } from './log.js';

export async function show(session: Session): Promise<Reply> {
  const { store, args } = session;
  const kinds = ['model', 'checkpoint', 'op'] as const;
  const subject = await resolveSubject(store.log, args[0] as string, { kinds });
  if (subject.kind === 'op') {
    const details = await detailsOf(store, subject.entry);
    return { data: details, lines: opLines(details, session) };
  }
  return subject.kind === 'model'
    ? showModel(session, await modelInfo(store.log, subject.model))
    : showCheckpoint(session, subject.checkpoint.model, subject.checkpoint.id);
}

async function showModel(session: Session, model: ModelInfo): Promise<Reply> {
  const { log } = session.store;
  const [checkpoints, [last]] = [await listCheckpoints(log, model.id), await runsOf(log, model.id)];
  const entries: (readonly [string, string])[] = [
    ['created', when(model.createdAt)],
    ['last used', when(model.lastUsed)],
    ['hparams', model.hparams === null ? '' : valueSaid(model.hparams)],
    ['threads', model.threads === null ? '' : String(model.threads)],
    ['cost', duration(model.cost)],
    ['description', visible(model.description)],
    ['last run', last === undefined ? '' : last.account.lines.map(visible).join('\n')],
  ];
  const lines = [
    session.paint.bold(visible(model.id)),
    ...pairs(filled(entries), { name: session.paint.dim }),
    '',
    ...checkpointLines(checkpoints, model.id, session),
  ];
  return { data: { model, checkpoints, lastRun: last ?? null }, lines };
}

async function showCheckpoint(session: Session, model: string, id: string): Promise<Reply> {
  const { log } = session.store;
  const checkpoint = (await listCheckpoints(log, model)).find((each) => each.id === id);
  const damaged = await session.store.upkeep.damagedStates();
  const [calls] = await logOf(log, model, { checkpoint: id, damaged });
  const lines = [
    session.paint.bold(visible(`${model}/${id}`)),
    ...(checkpoint === undefined ? [] : checkpointPairs(checkpoint, session)),
    '',
    ...(calls === undefined ? [] : logLines(calls, session).slice(1)),
  ];
  return { data: { checkpoint, log: calls }, lines };
}

function opLines(details: OpDetails, { paint }: Session): readonly string[] {
  const { op, state, aliases, elsewhere, origin, parent, provenance, observed, fields, lines } = details;
  const note = noteOf(op);
  const entries: (readonly [string, string])[] = [
    ['recorded', `${when(op.createdAt)}, ${op.how}${origin === null ? '' : ` from ${opSaid(origin)}`}`],
    ['cost', op.cost === null ? '' : duration(op.cost)],
    ['result', resultSaid(details)],
    ['stands on', parent === null ? '' : opSaid(parent)],
    ['state before', short(op.stateBefore)],
    ['state after', state === null ? short(op.stateAfter) : stateSaid(state)],
    ['tags', op.tags.map(visible).join(', ')],
    ['next time', op.settlement === null ? '' : `a divergence here: ${op.settlement}`],
    ['answers too', aliases.map(aliasSaid).join('\n')],
    [
      'also at',
      elsewhere.map((other) => `${opSaid(other)}${other.status === 'live' ? '' : ', superseded'}`).join('\n'),
    ],
  ];
  const section = (title: string, of: { readonly [name: string]: Plain }): readonly string[] =>
    Object.keys(of).length === 0
      ? []
      : [
          '',
          paint.bold(title),
          ...pairs(
            Object.entries(of).map(([name, value]) => [name, valueSaid(value)]),
            { name: paint.dim, indent: '  ' },
          ),
        ];
  return [
    `${paint.bold(visible(op.address))}  ${paint.name(`#${op.number}`)}${note === '' ? '' : `  ${paint.warn(note)}`}`,
    ...(op.damaged
      ? ['Its record is damaged: its bytes are not those that were written. Remove the op and run the script again.']
      : []),
    ...pairs(filled(entries), { name: paint.dim }),
    ...section('Decided by', fields),
    ...section('Observed', observed),
    ...section('Computed with', provenance),
    ...(lines.length === 0 ? [] : ['', paint.bold('Printed'), ...lines.map((line) => `  ${visible(line)}`)]),
  ];
}

function resultSaid({ op: { result } }: OpDetails): string {
  if (result === null) return '';
  const scores = scoresOf(result).map(([name, value]) => `${name} ${value}`);
  return [...(result.said === '' ? [] : [visible(result.said)]), ...scores].join('\n');
}

function stateSaid({
  digest,
  bytes,
  tensors,
  epoch,
  step,
  loss,
  optimizer,
  epochScheduler,
  stepScheduler,
}: StateInfo): string {
  const stored = tensors === 0 ? 'no tensors: recipes and a seed' : `${size(bytes)} in ${count(tensors, 'tensor')}`;
  const components = [loss, optimizer, epochScheduler, stepScheduler].filter((each) => each !== null).map(visible);
  const at = `epoch ${epoch}, step ${step}`;
  return [short(digest), stored, at].join(', ') + (components.length === 0 ? '' : `\n${components.join(', ')}`);
}

function aliasSaid({ fields, createdAt }: Alias): string {
  const said = Object.entries(fields).map(([name, value]) => `${visible(name)} ${valueSaid(value)}`);
  return `accepted ${when(new Date(createdAt))}: ${said.join(', ')}`;
}

function filled(entries: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return entries.filter(([, value]) => value !== '');
}
