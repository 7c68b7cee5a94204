import { RepriseError } from '../errors/base.js';
import type { Callback } from './callback.js';

/** The objects that have the state of a train under way. */
const claimed = new WeakSet<object>();
/** What passes everything on to an object stands for it. */
const origins = new WeakMap<object, object>();

/** Says whose state a callback has that passes everything on. */
export function passesOnTo(callback: object, origin: object): void {
  origins.set(callback, origin);
}

/**
 * Takes callbacks for a train: their state is in the objects, so no other train may have them meanwhile. Returns what gives them back.
 * @throws RepriseError `OP_IN_FLIGHT`
 */
export function claim(callbacks: readonly Callback[]): () => void {
  const objects = callbacks.map((each) => origins.get(each) ?? each);
  const taken = callbacks.find((_, i) => claimed.has(objects[i] as object));
  if (taken !== undefined) {
    throw new RepriseError(
      'OP_IN_FLIGHT',
      `The callback '${taken.name}' is in another train that is still running, and its state belongs to that one. Make one for each train that runs at the same time.`,
    );
  }
  for (const object of objects) claimed.add(object);
  return () => {
    for (const object of objects) claimed.delete(object);
  };
}
