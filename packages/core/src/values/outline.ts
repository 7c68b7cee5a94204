import type { Plain } from './plain.js';

/**
 * What a thing that is compared by its digest is made of, by paths of short words (`input`, `map`), for people: kept beside a record to say
 * what differs where two digests do. It decides nothing.
 */
export type Outline = { readonly [path: string]: Plain };
