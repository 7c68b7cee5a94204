import { unreadable } from './function-error.js';
import { isNode, nodesIn, type SyntaxNode } from './syntax.js';

const parsed = new WeakMap<object, SyntaxNode>();

/**
 * The syntax tree of a function, method, accessor or class. The parser is loaded at the first use (about 10 ms).
 * @throws FunctionError `UNREADABLE_FUNCTION` for native and bound functions, and where the source doesn't parse.
 */
export async function parseFunction(fn: (...args: never[]) => unknown): Promise<SyntaxNode> {
  const known = parsed.get(fn);
  if (known !== undefined) return known;
  const tree = await parse(Function.prototype.toString.call(fn), fn.name === '' ? '(anonymous)' : fn.name);
  parsed.set(fn, tree);
  return tree;
}

async function parse(source: string, name: string): Promise<SyntaxNode> {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    throw unreadable(name, 'it is native or bound, and its source is not there to read');
  }
  const { parseExpressionAt } = await import('acorn');
  const tree = (text: string): SyntaxNode => {
    const options = { ecmaVersion: 'latest', allowImportExportEverywhere: true, checkPrivateFields: false } as const;
    const node: unknown = parseExpressionAt(text, 0, options);
    return isNode(node) ? node : { type: 'Unknown' };
  };
  try {
    const expression = tree(`(${source}\n)`);
    if (/^(Function|ArrowFunction|Class)Expression$/.test(expression.type)) return expression;
  } catch {
    // Not an expression by itself: a method or an accessor.
  }
  try {
    return method(tree(`({ ${source}\n})`));
  } catch (cause) {
    if (!/^\s*(async\s*)?\*?\s*(get\s+|set\s+)?#/.test(source))
      throw unreadable(name, 'its source does not parse', cause);
  }
  try {
    return method(tree(`(class { ${source}\n})`));
  } catch (cause) {
    throw unreadable(name, 'its source does not parse', cause);
  }
}

/** The function of the only member of an object or class. */
function method(container: SyntaxNode): SyntaxNode {
  const body =
    container.type === 'ObjectExpression'
      ? container['properties']
      : isNode(container['body'])
        ? container['body']['body']
        : [];
  const [member, ...others] = nodesIn(body);
  if (member === undefined || others.length > 0 || !isNode(member['value'])) throw new SyntaxError('not one method');
  return member['value'];
}
