/** A node of the syntax tree (ESTree), its fields read by name. */
export interface SyntaxNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** The child nodes in a field that is a node, an array with holes, or null. */
export function nodesIn(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [];
}

export function isFunction(node: SyntaxNode): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

/** Whether the node is an identifier, of this name where one is given. */
export function isIdentifier(value: unknown, name?: string): value is SyntaxNode & { readonly name: string } {
  return isNode(value) && value.type === 'Identifier' && (name === undefined || value['name'] === name);
}

/** The name of a property that is written out (`a.b`, `a['b']`, `{ b: 1 }`, `{ 'b': 1 }`); undefined where it is computed. */
export function staticName(key: unknown, computed: unknown): string | undefined {
  if (!isNode(key)) return undefined;
  if (key.type === 'Literal') {
    const { value } = key;
    return typeof value === 'string' || (computed !== true && (typeof value === 'number' || typeof value === 'bigint'))
      ? String(value)
      : undefined;
  }
  return computed !== true && isIdentifier(key) ? key.name : undefined;
}

/** The variables and members that a pattern binds or writes to. */
export function patternTargets(pattern: unknown): readonly SyntaxNode[] {
  if (!isNode(pattern)) return [];
  switch (pattern.type) {
    case 'ObjectPattern':
      return nodesIn(pattern['properties']).flatMap((property) =>
        patternTargets(property['value'] ?? property['argument']),
      );
    case 'ArrayPattern':
      return nodesIn(pattern['elements']).flatMap(patternTargets);
    case 'AssignmentPattern':
      return patternTargets(pattern['left']);
    case 'RestElement':
      return patternTargets(pattern['argument']);
    default:
      return [pattern];
  }
}

/** The names that a pattern binds or writes to. */
export function patternNames(pattern: unknown): readonly string[] {
  return patternTargets(pattern).flatMap((target) => (isIdentifier(target) ? [target.name] : []));
}

/** Whether parameters have defaults or computed keys, by which they and the body get scopes of their own. */
export function hasExpressions(pattern: SyntaxNode): boolean {
  if (pattern.type === 'AssignmentPattern' || (pattern.type === 'Property' && pattern['computed'] === true))
    return true;
  return (
    /Pattern|RestElement|Property/.test(pattern.type) && Object.values(pattern).flatMap(nodesIn).some(hasExpressions)
  );
}

/** The names that `var` declares anywhere in a function's body, functions and classes within excepted. */
export function varNames(node: SyntaxNode): readonly string[] {
  if (isFunction(node) || node.type.startsWith('Class')) return [];
  const within = Object.values(node).flatMap(nodesIn).flatMap(varNames);
  if (node.type !== 'VariableDeclaration' || node['kind'] !== 'var') return within;
  return [...nodesIn(node['declarations']).flatMap((declarator) => patternNames(declarator['id'])), ...within];
}

/** The names that a list of statements declares for itself: let, const, using, functions and classes. */
export function lexicalNames(statements: readonly SyntaxNode[]): readonly string[] {
  return statements.flatMap((statement) => {
    if (statement.type === 'LabeledStatement') return lexicalNames(nodesIn(statement['body']));
    if (statement.type === 'VariableDeclaration') {
      return statement['kind'] === 'var'
        ? []
        : nodesIn(statement['declarations']).flatMap((each) => patternNames(each['id']));
    }
    return /^(Function|Class)Declaration$/.test(statement.type) ? patternNames(statement['id']) : [];
  });
}

/** Those of them that can't be assigned to. */
export function constantNames(statements: readonly SyntaxNode[]): readonly string[] {
  return lexicalNames(
    statements.filter(({ type, kind }) => type === 'VariableDeclaration' && kind !== 'let' && kind !== 'var'),
  );
}

/** Whether a node is a function or class without a name of its own, which takes that of the variable it is put into. */
export function isAnonymous(node: SyntaxNode): boolean {
  return (isFunction(node) || node.type === 'ClassExpression') && !isNode(node['id']);
}

/** The private names that the members of a class declare, with their #. */
export function privateNames(members: readonly SyntaxNode[]): readonly string[] {
  return members.flatMap(({ key }) =>
    isNode(key) && key.type === 'PrivateIdentifier' ? [`#${key['name'] as string}`] : [],
  );
}
