import {
  type CheckpointSummary,
  listCheckpoints,
  listModels,
  type ModelInfo,
  resolveSubject,
} from '@reprise/core/inspect';
import { pairs, table } from '../table.js';
import { quoted } from '../../shell.js';
import { visible, when } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { duration, scoresSaid, short, troubleOf } from '../words.js';

export async function ls(session: Session): Promise<Reply> {
  const { store, args } = session;
  const [address] = args;
  if (address === undefined) {
    const models = await listModels(store.log);
    return { data: { store: store.location, models }, lines: modelLines(models, session) };
  }
  const { model } = await resolveSubject(store.log, address, { kinds: ['model'] });
  const checkpoints = await listCheckpoints(store.log, model.id);
  return { data: { model: model.id, checkpoints }, lines: checkpointLines(checkpoints, model.id, session) };
}

function modelLines(models: readonly ModelInfo[], { store, paint, width }: Session): readonly string[] {
  if (models.length === 0) return [`The store in ${store.location} has no models yet.`];
  const columns = [
    { title: 'MODEL' },
    { title: 'CHECKPOINTS', align: 'right' },
    { title: 'OPS', align: 'right' },
    { title: 'COST', align: 'right' },
    { title: 'LAST USED' },
    { title: 'NOTE' },
    { title: 'DESCRIPTION' },
  ] as const;
  const rows = models.map((model) => [
    { text: model.id, paint: paint.name },
    String(model.checkpoints),
    String(model.ops),
    duration(model.cost),
    when(model.lastUsed),
    { text: troubleOf(model), paint: paint.bad },
    model.description,
  ]);
  return table(columns, rows, { width, head: paint.bold });
}

/** The table of a model's checkpoints. */
export function checkpointLines(
  checkpoints: readonly CheckpointSummary[],
  model: string,
  { paint, width }: Pick<Session, 'paint' | 'width'>,
): readonly string[] {
  if (checkpoints.length === 0) return [`${visible(model)} has no checkpoints yet.`];
  const columns = [
    { title: 'CHECKPOINT' },
    { title: 'ON' },
    { title: 'OPS', align: 'right' },
    { title: 'COST', align: 'right' },
    { title: 'LAST USED' },
    { title: 'RESULT' },
    { title: 'NOTE' },
    { title: 'DESCRIPTION' },
  ] as const;
  const rows = checkpoints.map((checkpoint) => [
    { text: checkpoint.id, paint: paint.name },
    checkpoint.parent ?? '',
    String(checkpoint.ops),
    duration(checkpoint.cost),
    when(checkpoint.lastUsed),
    scoresSaid(checkpoint.result, 1),
    { text: notesOf(checkpoint), paint: paint.warn },
    checkpoint.description,
  ]);
  return table(columns, rows, { width, head: paint.bold });
}

function notesOf(checkpoint: CheckpointSummary): string {
  const tags = checkpoint.final?.tags.map((tag) => `tag ${tag}`) ?? [];
  return [troubleOf(checkpoint), ...tags].filter((note) => note !== '').join(', ');
}

/** What a listing says of one checkpoint, below one another. */
export function checkpointPairs(checkpoint: CheckpointSummary, { paint }: Pick<Session, 'paint'>): readonly string[] {
  const { description, createdAt, lastUsed, parent, final, ops, superseded, cost } = checkpoint;
  const entries: (readonly [string, string])[] = [
    ['created', when(createdAt)],
    ['last used', when(lastUsed)],
    ['stands on', parent === null ? 'the untrained net' : `checkpoint ${quoted(parent)}`],
    ['ops', `${ops}${superseded > 0 ? `, and ${superseded} superseded (log --all lists them)` : ''}`],
    ['cost', duration(cost)],
    ['result', scoresSaid(checkpoint.result)],
    [
      'state',
      final === null ? 'none: nothing in its block is recorded' : `${short(final.state)}, after #${final.number}`,
    ],
    ['tags', final?.tags.map(visible).join(', ') ?? ''],
    ['note', troubleOf(checkpoint)],
    ['description', visible(description)],
  ];
  return pairs(
    entries.filter(([, value]) => value !== ''),
    { name: paint.dim },
  );
}
