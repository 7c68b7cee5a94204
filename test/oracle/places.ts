import type { Generator } from './generate.js';
import type { BlockStatement, Call, Script, Statement, TrainCall } from './script.js';

/** Changes one call of a kind, wherever it stands. */
export function onCall<K extends Call['kind']>(
  make: Generator,
  script: Script,
  kind: K,
  change: (call: Extract<Call, { kind: K }>) => Call,
): Script | null {
  const calls = script.statements.flatMap(callsOf).filter((call) => call.kind === kind);
  if (calls.length === 0) return null;
  const { uid } = make.random.pick(calls);
  return withCalls(script, (call) => (call.uid === uid ? change(call as Extract<Call, { kind: K }>) : call));
}

/** Changes one block that has calls. */
export function onBlock(
  make: Generator,
  script: Script,
  change: (block: BlockStatement) => BlockStatement,
): Script | null {
  const blocks = script.statements.filter((statement) => statement.kind === 'block' && statement.calls.length > 0);
  if (blocks.length === 0) return null;
  const { uid } = make.random.pick(blocks);
  return withStatements(
    script,
    script.statements.map((statement) =>
      statement.uid === uid && statement.kind === 'block' ? change(statement) : statement,
    ),
  );
}

/** The statement with each of its calls changed. */
export function changedCalls(statement: Statement, change: (call: Call) => Call): Statement {
  switch (statement.kind) {
    case 'block':
      return { ...statement, calls: statement.calls.map(change) };
    case 'sweep':
      return {
        ...statement,
        train: change(statement.train) as TrainCall,
        evaluate: change(statement.evaluate) as typeof statement.evaluate,
      };
    case 'handle':
    case 'unrecorded':
      return { ...statement, call: change(statement.call) } as Statement;
    case 'load':
    case 'tag':
      return statement;
  }
}

/** The script with other statements. */
export function withStatements(script: Script, statements: readonly Statement[]): Script {
  return { ...script, statements };
}

function callsOf(statement: Statement): readonly Call[] {
  switch (statement.kind) {
    case 'block':
      return statement.calls;
    case 'sweep':
      return [statement.train, statement.evaluate];
    case 'handle':
    case 'unrecorded':
      return [statement.call];
    case 'load':
    case 'tag':
      return [];
  }
}

function withCalls(script: Script, change: (call: Call) => Call): Script {
  return withStatements(
    script,
    script.statements.map((statement) => changedCalls(statement, change)),
  );
}
