import { isIdentifier, isNode, nodesIn, staticName, type SyntaxNode } from './syntax.js';

/** What compilers put into a function's source that its author didn't write. */

/** The names under which CommonJS transforms keep an imported module: TypeScript, esbuild, Vite; and a module's own exports. */
const moduleName = /^(.+_\d+|import_.+|__vi_import_\d+__|__vite_ssr_import_\d+__|exports)$/;

/** Whether a free identifier may stand for an imported module. */
export function isModuleName(name: string): boolean {
  return moduleName.test(name);
}

/** The dependency that a module's default import can be: the one that is named like the module. */
export function defaultImport(module: string, deps: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll('_', '');
  const stem = plain(module.replace(/^import_/, '').replace(/(_[cm]?[jt]s)?(_\d+)?$/, ''));
  const matching = deps.filter((name) => plain(name) === stem);
  return matching.length === 1 ? matching[0] : undefined;
}

/** `f` of `__name(f, "f")`, by which esbuild and tsx keep the names of functions. */
export function named(node: unknown): SyntaxNode | undefined {
  if (!isNode(node) || node.type !== 'CallExpression') return undefined;
  const [target, name, ...others] = nodesIn(node['arguments']);
  const isHelper = isIdentifier(node['callee']) && /^__name\d*$/.test(node['callee'].name);
  return isHelper && target !== undefined && typeof name?.['value'] === 'string' && others.length === 0
    ? target
    : undefined;
}

/** `m.f` of `(0, m.f)`, by which transforms call an import without a receiver. */
export function importedCallee(node: unknown): { readonly member: SyntaxNode; readonly module: string } | undefined {
  if (!isNode(node) || node.type !== 'SequenceExpression') return undefined;
  const [zero, member, ...others] = nodesIn(node['expressions']);
  if (zero?.['value'] !== 0 || member?.type !== 'MemberExpression' || others.length > 0) return undefined;
  const { object, property, computed } = member;
  const isImport = isIdentifier(object) && isModuleName(object.name) && staticName(property, computed) !== undefined;
  return isImport ? { member, module: object.name } : undefined;
}

/** Whether a statement of a body, or a member of a class, does nothing that its author wrote. */
export function isInserted(node: SyntaxNode): boolean {
  if (node.type === 'EmptyStatement') return true;
  if (node.type === 'StaticBlock') {
    const statements = nodesIn(node['body']);
    return (
      statements.length > 0 &&
      statements.every((each) => each.type === 'ExpressionStatement' && named(each['expression']) !== undefined)
    );
  }
  if (node.type !== 'ExpressionStatement') return false;
  return typeof node['directive'] === 'string' || named(node['expression']) !== undefined;
}
