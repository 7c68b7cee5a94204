export { createHasher } from './hasher.js';
export { openStore } from './open-store.js';
export type { StoreOptions } from './open-store.js';
export { rebuildStore } from './rebuild/rebuild.js';
export type { Rebuilt } from './rebuild/rebuild-store.js';
