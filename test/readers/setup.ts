import type { TestProject } from 'vitest/node';
import { installReaders, type Readers } from './install.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly readers: Readers;
  }
}

/** Installs the readers once, before the tests of any file. */
export function setup(project: TestProject): void {
  project.provide('readers', installReaders());
}
