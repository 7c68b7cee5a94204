import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import suite from '../../vitest.config.js';
import { reporters } from '../reporters.js';

/** Apart from the suite, which needs nothing but Node: these need Python, and packages of PyPI. */
export default mergeConfig(
  { resolve: suite.resolve ?? {} },
  defineConfig({
    root: fileURLToPath(new URL('../../', import.meta.url)),
    test: {
      include: ['test/readers/*.test.ts'],
      globalSetup: 'test/readers/setup.ts',
      maxWorkers: 1,
      testTimeout: 120_000,
      reporters: reporters('readers'),
    },
  }),
);
