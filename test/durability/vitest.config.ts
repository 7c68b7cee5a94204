import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import suite from '../../vitest.config.js';
import { reporters } from '../reporters.js';

/** Apart from the suite, which needs nothing but Node: these need strace and FUSE, and are skipped where those are missing. */
export default mergeConfig(
  { resolve: suite.resolve ?? {} },
  defineConfig({
    root: fileURLToPath(new URL('../../', import.meta.url)),
    test: {
      include: ['test/syscalls/*.test.ts', 'test/powerloss/*.test.ts'],
      maxWorkers: 1,
      testTimeout: 120_000,
      reporters: reporters('durability'),
    },
  }),
);
