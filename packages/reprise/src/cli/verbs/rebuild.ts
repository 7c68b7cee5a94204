import { count, visible } from '../text.js';
import { type ActOnFolder, UsageError } from '../verb.js';
import { size } from '../words.js';

export const rebuild: ActOnFolder = async ({ folder, has, values, progress }) => {
  if (has('dryRun') || has('quick') || values('from').length > 0) {
    throw new UsageError(
      '--rebuild stands alone, without a dry run: it makes the log anew, keeps the old one, and changes no blob.',
    );
  }
  const { rebuildStore } = await import('@reprise/store');
  const rebuilt = await rebuildStore(folder, progress);
  const { models, checkpoints, ops, blobs, incomplete, damaged, oldLog, logKept } = rebuilt;
  if (logKept) {
    return { data: rebuilt, lines: [`Wrote the format.json of ${folder} anew. Its log is whole, and was kept.`] };
  }
  return {
    data: rebuilt,
    lines: [
      `Made the log of ${folder} anew from ${count(blobs.count, 'blob')} (${size(blobs.bytes)}): ` +
        `${count(models, 'model')}, ${count(checkpoints, 'checkpoint')}, ${count(ops, 'op')}.`,
      ...(oldLog === null ? [] : [`The old log is kept as ${oldLog}.`]),
      ...(incomplete > 0
        ? [`${count(incomplete, 'op')} lack a part of their state: the next run of their script computes them again.`]
        : []),
      ...damaged.map((path) => `Damaged, and left where it is: ${visible(path)}`),
      'Not brought back: tags, acceptances, settlements that were to come, accounts of runs, snapshots of unfinished trains.',
    ],
  };
};
