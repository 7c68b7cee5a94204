export { describeBlobStore } from './blob-store/describe-blob-store.js';
export type { BlobStoreFixture } from './blob-store/fixture.js';
export { describeEngine } from './engine/describe-engine.js';
export type { EngineDriver } from './engine/driver.js';
export type { Driver } from './fixture.js';
export { describeLeases } from './leases/describe-leases.js';
export type { LeasesClient, LeasesFixture } from './leases/fixture.js';
export { describeOpLog } from './op-log/describe-op-log.js';
export type { OpLogFixture } from './op-log/fixture.js';
