import type { Damage } from '@reprise/core';
import { visible } from './text.js';

const kinds: Readonly<Record<Damage['kind'], string>> = {
  missing: 'blob missing',
  corrupt: 'blob damaged',
  record: 'record damaged',
  snapshot: 'snapshot damaged',
  manifest: 'rows of a state wrong',
  database: 'log damaged',
};

/** A line or two for each fault: what, where, and whose. */
export function damageLines(damages: readonly Damage[]): readonly string[] {
  return damages.flatMap(({ kind, subject, path, expected, found, ops }) => [
    `  ${kinds[kind]}: ${visible(subject)}${ops.length > 0 ? ` of ${opsSaid(ops)}` : ''}`,
    `    ${visible(path)}: expected ${visible(expected)}, found ${visible(found)}`,
  ]);
}

/** `#3, #5` */
export function opsSaid(ops: readonly number[]): string {
  return ops.map((op) => `#${op}`).join(', ');
}
