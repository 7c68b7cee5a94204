import type { Verification } from '@reprise/core';
import { damageLines } from '../damages.js';
import { count } from '../text.js';
import type { Reply, Session } from '../verb.js';
import { size } from '../words.js';

export async function verify({ store, has, progress, command }: Session): Promise<Reply> {
  const verification = await store.upkeep.verify({ full: has('full'), onProgress: progress });
  const exitCode = verification.damages.length === 0 ? 0 : 1;
  return { data: verification, lines: linesOf(verification, store.location, command), exitCode };
}

function linesOf({ full, blobs, records, damages }: Verification, store: string, command: string): readonly string[] {
  const looked = `${count(blobs.count, 'blob')} (${size(blobs.bytes)}) and ${count(records, 'record')}`;
  if (damages.length === 0) {
    return full
      ? [`${store} is whole: every byte of ${looked} is what was written.`]
      : [`${store}: the sizes of ${looked} are right.`, `Bytes were not read: ${command} verify --full does.`];
  }
  return [
    `${store} is damaged: ${count(damages.length, 'fault')} in ${looked}.`,
    ...damageLines(damages),
    damages.some(({ kind, ops }) => kind === 'database' && ops.length === 0)
      ? `${command} repair --rebuild makes the log anew from the blobs.`
      : `${command} repair mends what can be mended, from copies with --from <folder>; what is left, the scripts compute again when they run.`,
  ];
}
