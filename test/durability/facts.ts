import type { Place, Store } from '@reprise/core';
import type { Facts } from './say.js';

export function placeName({ model, checkpoint, lane, kind, name, occurrence }: Place): string {
  return [model, checkpoint, lane, kind, name, occurrence].join('/');
}

/** What the log of a store holds, by its own interface. */
export async function factsOf(store: Store): Promise<Facts> {
  const entries = await store.log.entries({ status: 'live' });
  const models = await store.log.models();
  const tags = (await Promise.all(models.map(({ id }) => store.log.tags(id)))).flat();
  return Object.fromEntries([
    ...entries.map((entry) => [placeName(entry), entry.record] as const),
    ...tags.map(({ model, name, record }) => [`${model}/tag/${name}`, record] as const),
  ]);
}
