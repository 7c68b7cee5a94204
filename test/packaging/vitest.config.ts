import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { reporters } from '../reporters.js';

/** Apart from the suite: it fetches from the registry and compiles native bindings, for minutes. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: { include: ['*.test.ts'], maxWorkers: 1, reporters: reporters('packaging') },
});
