import { refuse } from '../options/index.js';

/** The id of a checkpoint: `1` and `'1'` are the same. */
export type CheckpointId = string | number;

/** @throws OptionError `INVALID_OPTION` */
export function checkpointId(where: string, id: unknown): string {
  if (typeof id === 'number' && Number.isFinite(id)) return String(id);
  if (typeof id === 'string' && id !== '' && id.length <= 200) return id;
  return refuse(where, 'id', 'a number, or a string of 1 to 200 characters', id);
}

/** @throws OptionError `INVALID_OPTION` */
export function modelId(id: unknown): string {
  if (typeof id === 'string' && id !== '' && id.length <= 200) return id;
  return refuse('Model.open()', 'id', 'a string of 1 to 200 characters', id);
}
