import type { Collection, CollectOptions, GarbageKind } from '@reprise/core';
import { ageOf } from '../age.js';
import { count } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { size } from '../words.js';

const why: Readonly<Record<GarbageKind, string>> = {
  unreferenced: 'that no op, snapshot or tag needs',
  unrecorded: 'left by a process that was killed before it had recorded them',
  temporary: 'that a process was killed over while it wrote them',
  setAside: 'that a repair had set aside as damaged over a week ago',
};

/** `--superseded` without an age stands for any age. */
export async function gc({ store, has, value, progress }: Session): Promise<Reply> {
  const superseded = value('superseded') ?? (has('superseded') ? '0' : undefined);
  const grace = value('grace');
  const options: CollectOptions = {
    dryRun: has('dryRun'),
    onProgress: progress,
    ...(superseded === undefined ? {} : { superseded: ageOf('superseded', superseded) }),
    ...(grace === undefined ? {} : { grace: ageOf('grace', grace) }),
  };
  const collection = await store.upkeep.collect(options);
  return { data: collection, lines: linesOf(collection, { store: store.location, grace: grace ?? '5m', superseded }) };
}

function linesOf(
  { dryRun, freed, kept, superseded, unfinished, left }: Collection,
  {
    store,
    grace,
    superseded: asked,
  }: { readonly store: string; readonly grace: string; readonly superseded: string | undefined },
): readonly string[] {
  const kinds = (Object.keys(why) as GarbageKind[]).filter((kind) => freed[kind].count > 0);
  const bytes = kinds.reduce((sum, kind) => sum + freed[kind].bytes, 0);
  const files = kinds.reduce((sum, kind) => sum + freed[kind].count, 0);
  return [
    ...(superseded > 0 ? [`${dryRun ? 'Would remove' : 'Removed'} ${count(superseded, 'superseded op')}.`] : []),
    ...(unfinished > 0
      ? [
          `${dryRun ? 'Would remove' : 'Removed'} what was stored of ${count(unfinished, 'unfinished train')} whose place another train has taken.`,
        ]
      : []),
    files === 0
      ? `Nothing to free in ${store}.`
      : `${dryRun ? 'Would free' : 'Freed'} ${size(bytes)} in ${count(files, 'file')} of ${store}:`,
    ...kinds.map((kind) => `  ${size(freed[kind].bytes)} in ${count(freed[kind].count, 'file')} ${why[kind]}`),
    ...(kept.recent.count > 0
      ? [
          `Kept for now: ${size(kept.recent.bytes)} in ${count(kept.recent.count, 'file')} too young to go (--grace ${grace}; what a repair has set aside stays for a week).`,
        ]
      : []),
    ...(kept.pinned.count > 0
      ? [
          `Kept for now: ${size(kept.pinned.bytes)} in ${count(kept.pinned.count, 'file')} that another process is writing, or is about to need.`,
        ]
      : []),
    ...(asked === undefined ? ['Superseded ops were kept; --superseded lets them go as well.'] : []),
    `${dryRun ? 'That would leave' : 'Left'}: ${size(left.bytes)} in ${count(left.count, 'blob')}.`,
    ...(dryRun ? ['Nothing was changed: this was a dry run.'] : []),
  ];
}
