import type { Place } from '../ports/op-log.js';

/**
 * The address of an op, for people: `mnist/1/train#2`; `mnist/1/cached:confusion#1`, where it has a name; `mnist/1/handle/evaluate#1`, where it was called
 * on a checkpoint's handle; `mnist/open` for the root. Several ops can have one address: at most one of them is live. Its number is an op's own.
 */
export function addressOf(place: Place): string {
  const { model, checkpoint, lane, kind, name, occurrence } = place;
  if (lane === 'root') return `${model}/${kind}`;
  const call = `${kind}${name === '' ? '' : `:${name}`}#${occurrence + 1}`;
  return `${checkpointAddress(model, checkpoint)}${lane === 'handle' ? '/handle' : ''}/${call}`;
}

/** The address of a checkpoint: `mnist/1`. */
export function checkpointAddress(model: string, checkpoint: string): string {
  return `${model}/${checkpoint}`;
}

/**
 * The form of an address that no other thing can have, for ids with slashes and for models that are called like a number: a slash
 * at the end, and `%2F` for a slash in an id.
 */
export function exactAddress(...ids: readonly string[]): string {
  return ids.map((id) => `${id.replaceAll('%', '%25').replaceAll('/', '%2F')}/`).join('');
}
