import { isIdentifier, isNode, nodesIn, type SyntaxNode } from './syntax.js';

/** What compilers put into a function's source that its author didn't write. */

/** Whether the author declared a name, in the function or in its `deps`, so that it is no compiler's. */
export type IsDeclared = (name: string) => boolean;

/**
 * Names that nobody gives a variable, under which CommonJS transforms keep an imported module: TypeScript where the import has the
 * file's extension, esbuild, Vite; and a module's own exports.
 */
const moduleName = /^(.+_([cm]?[jt]sx?|json)_\d+|import_.+|__vi_import_\d+__|__vite_ssr_import_\d+__|exports)$/;

/** TypeScript's name for a module without an extension. People name variables so too, but don't call `(0, layer_1.f)()`. */
const numberedName = /^.+_\d+$/;

/** Where a member of a module stands: where it is read, in `(0, m.f)()`, or in `m.f()`, which only Vite's transforms make. */
export type MemberPlace = 'read' | 'callee' | 'method';

/** The module and the name of what is a member of an imported module beyond doubt: nothing else is written in this form. */
export function importedMember(
  node: unknown,
  place: MemberPlace,
): { readonly module: string; readonly name: string } | undefined {
  if (!isNode(node) || node.type !== 'MemberExpression' || node['computed'] === true || node['optional'] === true)
    return undefined;
  const { object, property } = node;
  if (!isIdentifier(object) || !isIdentifier(property)) return undefined;
  const module = object.name;
  const isModule = place === 'method' ? module.startsWith('__vi') && moduleName.test(module) : moduleName.test(module);
  return isModule || (place === 'callee' && numberedName.test(module)) ? { module, name: property.name } : undefined;
}

/** The dependency that a module's default import can be: the one that is named like the module. */
export function defaultImport(module: string, deps: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll('_', '');
  const stem = plain(module.replace(/^import_/, '').replace(/(_[cm]?[jt]s)?(_\d+)?$/, ''));
  const matching = deps.filter((name) => plain(name) === stem);
  return matching.length === 1 ? matching[0] : undefined;
}

/** `f` of `__name(f, "f")`, by which esbuild and tsx keep the names of functions. */
export function named(node: unknown, isDeclared: IsDeclared): SyntaxNode | undefined {
  if (!isNode(node) || node.type !== 'CallExpression') return undefined;
  const [target, name, ...others] = nodesIn(node['arguments']);
  const { callee } = node;
  const isHelper = isIdentifier(callee) && /^__name\d*$/.test(callee.name) && !isDeclared(callee.name);
  return isHelper && target !== undefined && typeof name?.['value'] === 'string' && others.length === 0
    ? target
    : undefined;
}

/** `m.f` of `(0, m.f)`, by which transforms call an import without a receiver. */
export function importedCallee(node: unknown): SyntaxNode | undefined {
  if (!isNode(node) || node.type !== 'SequenceExpression') return undefined;
  const [zero, member, ...others] = nodesIn(node['expressions']);
  return zero?.['value'] === 0 && others.length === 0 ? member : undefined;
}

/** Whether a statement of a body, or a member of a class, does nothing that its author wrote. */
export function isInserted(node: SyntaxNode, isDeclared: IsDeclared): boolean {
  if (node.type === 'EmptyStatement') return true;
  if (node.type === 'StaticBlock') {
    const statements = nodesIn(node['body']);
    return (
      statements.length > 0 &&
      statements.every(
        (each) => each.type === 'ExpressionStatement' && named(each['expression'], isDeclared) !== undefined,
      )
    );
  }
  if (node.type !== 'ExpressionStatement') return false;
  const { directive, expression } = node;
  return typeof directive === 'string' ? directive !== 'use strict' : named(expression, isDeclared) !== undefined;
}
