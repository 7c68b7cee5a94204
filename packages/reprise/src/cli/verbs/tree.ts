import { type Branch, forkTree, type ForkTree, resolveSubject } from '@reprise/core/inspect';
import type { Paint } from '../paint.js';
import { visible } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { scoresSaid } from '../words.js';

export async function tree(session: Session): Promise<Reply> {
  const { store, args, has, paint } = session;
  const [address] = args;
  const rows = await store.log.models();
  const models =
    address === undefined ? rows : [(await resolveSubject(store.log, address, { kinds: ['model'] })).model];
  const trees = await Promise.all(models.map(({ id }) => forkTree(store.log, id, { all: has('all') })));
  const lines = trees.flatMap((each, i) => {
    const description = models[i]?.description ?? '';
    const root = `${paint.bold(visible(each.model))}${description === '' ? '' : `  ${visible(description)}`}`;
    return [...(i === 0 ? [] : ['']), root, ...treeLines(each, paint)];
  });
  return {
    data: { models: trees },
    lines: lines.length > 0 ? lines : [`The store in ${store.location} has no models yet.`],
  };
}

function treeLines({ branches }: ForkTree, paint: Paint): readonly string[] {
  if (branches.length === 0) return [paint.dim('  no checkpoints yet')];
  return branches.flatMap((branch, i) => branchLines(branch, '', i === branches.length - 1, paint));
}

function branchLines(branch: Branch, before: string, last: boolean, paint: Paint): readonly string[] {
  const { children } = branch;
  const own = `${before}${last ? '└─ ' : '├─ '}${branchSaid(branch, paint)}`;
  const below = `${before}${last ? '   ' : '│  '}`;
  return [own, ...children.flatMap((child, i) => branchLines(child, below, i === children.length - 1, paint))];
}

function branchSaid({ checkpoint, description, status, ops, on, onEnd }: Branch, paint: Paint): string {
  const end = ops.at(-1);
  const train = ops.findLast(({ kind }) => kind === 'train');
  const tags = ops.flatMap((op) => op.tags.map((tag) => `tag ${visible(tag)}`));
  const parts = [
    status === 'superseded' ? paint.dim(`${visible(checkpoint)} superseded`) : paint.name(visible(checkpoint)),
    paint.dim(end === undefined ? '' : `#${end.number} ${visible(end.title)}`),
    scoresSaid(train?.result ?? null),
    paint.good([...new Set(tags)].join(', ')),
    paint.warn(on === null ? 'what it stood on was removed' : onEnd ? '' : `from #${on.number} ${visible(on.title)}`),
    status === 'superseded' ? '' : visible(description),
  ];
  return parts.filter((part) => part !== '').join('  ');
}
