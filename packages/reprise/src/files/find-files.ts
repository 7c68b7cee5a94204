import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { DataError } from '@reprise/core';

/**
 * The absolute paths that names and glob patterns stand for, without repetition.
 * @throws DataError `DATA_ERROR` where one stands for no file.
 */
export function findFiles(patterns: readonly string[], root: string): readonly string[] {
  const found = patterns.flatMap((pattern) => {
    // A name may hold brackets: it is a pattern only where there is no such file.
    const path = resolve(root, pattern);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return [path];
    const matches = matching(pattern, root);
    if (matches.length > 0) return matches.map((match) => resolve(match));
    throw new DataError(
      'DATA_ERROR',
      `files(): there is no file ${pattern} in ${root}. Check the pattern, or give another root.`,
    );
  });
  return [...new Set(found)];
}

function matching(pattern: string, root: string): readonly string[] {
  // Here, since loading it takes as long as all else that this package loads, and most scripts read no files.
  const require = createRequire(import.meta.url);
  const { globSync, isDynamicPattern } = require('tinyglobby') as typeof import('tinyglobby');
  return isDynamicPattern(pattern) ? globSync(pattern, { cwd: root, absolute: true, expandDirectories: false }) : [];
}
