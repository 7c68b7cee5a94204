import { addTag, listTags, removeTag, resolveSubject, type TagInfo } from '@reprise/core/inspect';
import { table } from '../table.js';
import { visible, when } from '../text.js';
import { type Reply, type Session, UsageError } from '../verb.js';
import { short } from '../words.js';

export async function tag(session: Session): Promise<Reply> {
  const { store, args, has, now } = session;
  const { log } = store;
  const [address, name] = args;
  if (has('delete')) {
    if (address === undefined || name === undefined) {
      throw new UsageError('tag --delete needs a model and a name');
    }
    const { model } = await resolveSubject(log, address, { kinds: ['model'] });
    await removeTag(log, model.id, name);
    return {
      data: { deleted: { model: model.id, name } },
      lines: [`Took the name '${visible(name)}' from ${visible(model.id)}.`],
    };
  }
  if (name === undefined) return list(session, address);
  const subject = await resolveSubject(log, address as string, { kinds: ['checkpoint', 'op'] });
  const added = await addTag(log, subject, name, now, { move: has('move') });
  return {
    data: { tag: added },
    lines: [
      `'${visible(name)}' names ${opsSaid(added)}, state ${short(added.state)}.`,
      `In a script: model.checkpoint('…', { from: { tag: ${JSON.stringify(name)} } }, async (cp) => { … })`,
    ],
  };
}

async function list({ store, paint, width, command }: Session, address: string | undefined): Promise<Reply> {
  const { log } = store;
  const models =
    address === undefined ? await log.models() : [(await resolveSubject(log, address, { kinds: ['model'] })).model];
  const tags = (await Promise.all(models.map(({ id }) => listTags(log, id)))).flat();
  if (tags.length === 0) {
    return { data: { tags }, lines: [`No names yet. To give one: ${command} tag <op or checkpoint> <name>`] };
  }
  const columns = [
    { title: 'NAME' },
    { title: 'MODEL' },
    { title: 'STATE' },
    { title: 'SINCE' },
    { title: 'OP' },
  ] as const;
  const rows = tags.map((each) => [
    { text: each.name, paint: paint.good },
    each.model,
    short(each.state),
    when(each.createdAt),
    opsSaid(each),
  ]);
  return { data: { tags }, lines: table(columns, rows, { width, head: paint.bold }) };
}

function opsSaid({ ops }: TagInfo): string {
  const op = ops.find(({ status }) => status === 'live') ?? ops.at(-1);
  if (op === undefined) return 'a state whose op was removed';
  return `#${op.number} ${visible(op.address)}${op.status === 'superseded' ? ' (superseded)' : ''}`;
}
