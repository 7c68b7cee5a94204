import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { reporters } from './test/reporters.js';

const source = (name: string): string => fileURLToPath(new URL(`packages/${name}/src/index.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      ...['core', 'store', 'onnx', 'plot', 'formats', 'conformance'].map((name) => ({
        find: new RegExp(`^@reprise/${name}$`),
        replacement: source(name),
      })),
      ...['inspect', 'training'].map((part) => ({
        find: new RegExp(`^@reprise/core/${part}$`),
        replacement: fileURLToPath(new URL(`packages/core/src/${part}/index.ts`, import.meta.url)),
      })),
      { find: /^reprise$/, replacement: source('reprise') },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // The others need more than Node, and have configurations of their own.
    exclude: ['test/packaging/**', 'test/syscalls/**', 'test/powerloss/**', 'test/readers/**', '**/node_modules/**'],
    maxWorkers: 2,
    testTimeout: 30_000,
    reporters: reporters('suite'),
  },
});
