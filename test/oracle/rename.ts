import { type Generator, ids } from './generate.js';
import { withStatements } from './places.js';
import type { Script, Statement } from './script.js';

/** Gives a checkpoint another name wherever the script says it; null where no block makes one. */
export function rename(make: Generator, script: Script): Script | null {
  const { random } = make;
  const known = script.statements.flatMap((statement) => (statement.kind === 'block' ? [statement.id] : []));
  if (known.length === 0) return null;
  const old = random.pick(known);
  const name = random.other([...ids, 'renamed'], old);
  const named = (id: string): string => (id === old ? name : id);
  const statements = script.statements.map((statement): Statement => {
    switch (statement.kind) {
      case 'block':
        return {
          ...statement,
          id: named(statement.id),
          ...(typeof statement.from === 'string' ? { from: named(statement.from) } : {}),
        };
      case 'sweep':
        return statement.from === null ? statement : { ...statement, from: named(statement.from) };
      case 'handle':
      case 'load':
      case 'tag':
        return { ...statement, id: named(statement.id) };
      case 'unrecorded':
        return statement;
    }
  });
  return withStatements(script, statements);
}
