import type { Plain } from '../values/plain.js';
import { isNode, nodesIn, type SyntaxNode } from './syntax.js';

/** One way of writing for things that can be written in several. */

/** A literal as its value, whatever its notation. */
export function literal(node: SyntaxNode): Plain {
  const { value, regex, bigint } = node as {
    readonly value?: Plain;
    readonly regex?: { pattern: string; flags: string };
    readonly bigint?: string;
  };
  if (regex !== undefined) return ['regex', regex.pattern, regex.flags.split('').sort().join('')];
  return ['literal', typeof bigint === 'string' ? BigInt(bigint) : (value ?? null)];
}

/** Bodies of `if` and loops as blocks, braces or not. */
export function withBlocks(node: SyntaxNode): SyntaxNode {
  const block = (body: unknown): unknown =>
    isNode(body) && body.type !== 'BlockStatement' ? { type: 'BlockStatement', body: [body] } : body;
  const fields = ['body', 'consequent', 'alternate'].filter((field) => field in node);
  return { ...node, ...Object.fromEntries(fields.map((field) => [field, block(node[field])])) };
}

/** `let a, b` as `let a; let b`. */
export function oneDeclarationEach(statement: SyntaxNode): readonly SyntaxNode[] {
  if (statement.type !== 'VariableDeclaration') return [statement];
  return nodesIn(statement['declarations']).map((declarator) => ({ ...statement, declarations: [declarator] }));
}
