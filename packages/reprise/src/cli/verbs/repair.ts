import { statSync } from 'node:fs';
import type { Repair } from '@reprise/core';
import { damageLines, opsSaid } from '../damages.js';
import { count, visible } from '../text.js';
import { type Reply, type Session, UsageError } from '../verb.js';
import { short } from '../words.js';

export async function repair({ store, has, values, progress }: Session): Promise<Reply> {
  for (const folder of values('from')) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new UsageError(`--from ${visible(folder)}: there is no such folder.`);
  }
  const done = await store.upkeep.repair({
    full: !has('quick'),
    from: values('from'),
    dryRun: has('dryRun'),
    onProgress: progress,
  });
  return { data: done, lines: linesOf(done, store.location) };
}

function linesOf({ dryRun, damages, healed, setAside, snapshots, marked }: Repair, store: string): readonly string[] {
  if (damages.length === 0 && healed.length === 0 && snapshots === 0 && marked.length === 0)
    return [`Nothing to mend in ${store}.`];
  const [heals, puts] = dryRun ? ['Would heal', 'Would set aside'] : ['Healed', 'Set aside'];
  return [
    ...(damages.length > 0 ? [`${store} is damaged: ${count(damages.length, 'fault')}.`, ...damageLines(damages)] : []),
    ...healed.map(({ digest, from }) => `${heals} blob ${short(digest)} from ${visible(from)}.`),
    ...(setAside.length > 0
      ? [`${puts} ${count(setAside.length, 'blob')} that there is no copy of: ${setAside.map(short).join(', ')}.`]
      : []),
    ...(snapshots > 0
      ? [
          `${dryRun ? 'Would remove' : 'Removed'} ${count(snapshots, 'snapshot')} of ended trains whose state can't be read.`,
        ]
      : []),
    ...(marked.length > 0
      ? [
          `To be computed again by the next run of their script: ${opsSaid(marked)}. Nothing else is, where the results are the same.`,
        ]
      : []),
    ...(dryRun ? ['Nothing was changed: this was a dry run.'] : []),
  ];
}
