import type { CheckpointRow, ModelRow, OpEntry, OpLog } from '../ports/op-log.js';
import { addressOf, checkpointAddress } from './address.js';

/** What an address can name. */
export type Subject =
  | { readonly kind: 'model'; readonly model: ModelRow }
  | { readonly kind: 'checkpoint'; readonly checkpoint: CheckpointRow }
  | { readonly kind: 'op'; readonly entry: OpEntry };

export type SubjectKind = Subject['kind'];

/** The address that a subject is shown by. */
export function addressOfSubject(subject: Subject): string {
  if (subject.kind === 'model') return subject.model.id;
  if (subject.kind === 'op') return addressOf(subject.entry);
  return checkpointAddress(subject.checkpoint.model, subject.checkpoint.id);
}

/** The checkpoints of a model by their creation; those that only an unfinished train knows come last. */
export async function checkpointsOf(log: OpLog, model: string): Promise<readonly CheckpointRow[]> {
  const [rows, unfinished] = await Promise.all([log.checkpoints(model), log.snapshots({ model, running: true })]);
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const { place, createdAt } of unfinished) {
    const { checkpoint: id } = place;
    if (!known.has(id)) known.set(id, { model, id, description: '', createdAt });
  }
  return [...known.values()];
}
