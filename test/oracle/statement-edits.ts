import { setupEdit, trainEdit } from './call-edits.js';
import { blockIds, type Generator } from './generate.js';
import { inserted } from './lists.js';
import { changedCalls, withStatements } from './places.js';
import type { BlockStatement, Call, Script, Statement } from './script.js';

/** Puts a new statement somewhere; it may name the blocks above it. */
export function insertStatement(make: Generator, script: Script): Script {
  const at = make.random.below(script.statements.length + 1);
  return withStatements(
    script,
    inserted(script.statements, at, make.statement(blockIds(script.statements.slice(0, at)))),
  );
}

/** Puts a new call into a block; a setup comes first, and once. */
export function insertCall(make: Generator, block: BlockStatement): BlockStatement {
  const { random } = make;
  const kind = random.weighted([
    [4, 'asking'],
    [3, 'train'],
    [1, 'setup'],
    [1, 'weights'],
  ] as const);
  if (kind === 'setup')
    return block.calls.some((call) => call.kind === kind) ? block : { ...block, calls: [make.setup(), ...block.calls] };
  const call = kind === 'train' ? make.train() : kind === 'weights' ? make.weights() : make.asking();
  return { ...block, calls: inserted(block.calls, random.below(block.calls.length + 1), call) };
}

/** Some cells of a notebook, run once more at its end after one of them was edited. */
export function cellsAgain(make: Generator, script: Script): Script {
  const { random } = make;
  const from = random.below(script.statements.length);
  const cells = script.statements.slice(from, from + 3).map((statement) => copied(make, statement));
  const [first, ...others] = cells;
  if (first === undefined) return script;
  const edit = (call: Call): Call => {
    if (call.kind === 'train') return trainEdit(make, call);
    return call.kind === 'setup' ? setupEdit(make, call) : call;
  };
  return withStatements(script, [
    ...script.statements,
    random.chance(0.8) ? changedCalls(first, edit) : first,
    ...others,
  ]);
}

/** The same statement with ids of its own, so that a later edit changes one of the two. */
export function copied(make: Generator, statement: Statement): Statement {
  const copy = { ...statement, uid: make.uid() };
  return changedCalls(copy, (call) => ({ ...call, uid: make.uid() }));
}
