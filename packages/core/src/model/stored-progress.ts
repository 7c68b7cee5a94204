import type { Snapshot } from '../ports/op-log.js';
import type { CourseProgress } from '../training/course.js';

/**
 * The progress of a snapshot that a train goes on from, as it stands with what is stored beside it: some of what callbacks kept may be gone, since a longer train of the
 * series let it go; and what they asked for was carried out where the train came to its end.
 * @param candidates the snapshots of the series up to this one
 */
export function storedProgress(
  progress: CourseProgress,
  { running }: Snapshot,
  candidates: readonly Snapshot[],
): CourseProgress {
  if (progress.callbacks === undefined) return progress;
  const { requests, ...callbacks } = progress.callbacks;
  const there = new Set(candidates.map(({ epoch, step }) => `${epoch} ${step}`));
  const gone = Object.values(callbacks.keeps)
    .flat()
    .filter(({ epochs, steps }) => !there.has(`${epochs} ${steps}`));
  return { ...progress, callbacks: { ...callbacks, gone, ...(running && requests !== undefined && { requests }) } };
}
