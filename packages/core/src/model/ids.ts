import { refuse } from '../options/index.js';

/** The id of a checkpoint: `1` and `'1'` are the same. */
export type CheckpointId = string | number;

/** @throws OptionError `INVALID_OPTION` */
export function checkpointId(where: string, id: unknown): string {
  if (typeof id === 'number' && Number.isFinite(id)) return String(id);
  if (isName(id)) return id;
  return refuse(where, 'id', `a number, or ${nameForm}`, id);
}

/** The name of a model or of a cached op. @throws OptionError `INVALID_OPTION` */
export function nameOf(where: string, option: string, value: unknown): string {
  if (isName(value)) return value;
  return refuse(where, option, nameForm, value);
}

const nameForm = 'a string of 1 to 200 characters';

/** A NUL ends text in some databases, and halves of surrogate pairs become one character: names with them would meet others. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 200 && !/[\p{Surrogate}\u0000]/u.test(value);
}
