import { blockIds } from './generate.js';
import type { Script, Statement } from './script.js';

/**
 * Leaves out what names a checkpoint that the script hasn't made by then: on a store that has it from an earlier run such a statement
 * works, so there is nothing to compare it with. For the same reason blocks that make no state have ids of their own.
 */
export function repaired(script: Script): Script {
  const statements: Statement[] = [];
  for (const statement of script.statements) {
    const known = blockIds(statements);
    const made = (id: string): string | undefined => [id, looking(id), acting(id)].find((each) => known.includes(each));
    switch (statement.kind) {
      case 'handle':
      case 'load':
      case 'tag': {
        const id = made(statement.id);
        if (id !== undefined) statements.push({ ...statement, id });
        break;
      }
      case 'block': {
        const { id, calls, from } = statement;
        const acts = calls.some(({ kind }) => kind === 'train' || kind === 'setup' || kind === 'weights');
        const parent = typeof from === 'string' ? made(from) : from;
        if (calls.length === 0 || (typeof from === 'string' && parent === undefined)) break;
        const own = acts ? acting(id) : looking(id);
        statements.push({ ...statement, id: own, ...(parent === undefined ? {} : { from: parent }) });
        break;
      }
      case 'sweep': {
        const from = statement.from === null ? null : made(statement.from);
        if (from !== undefined) statements.push({ ...statement, from });
        break;
      }
      case 'unrecorded':
        statements.push(statement);
    }
  }
  return { ...script, statements };
}

const mark = 'looks:';
const acting = (id: string): string => (id.startsWith(mark) ? id.slice(mark.length) : id);
const looking = (id: string): string => (id.startsWith(mark) ? id : mark + id);
