export { createHasher } from './hasher.js';
export { openStore } from './open-store.js';
export type { StoreOptions } from './open-store.js';
