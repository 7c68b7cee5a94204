import type { Plain } from '../values/plain.js';
import { defaultImport, importedCallee, isInserted, isModuleName, named } from './compiled.js';
import { Scope, type Binding, type ScopeKind } from './scope.js';
import {
  isFunction,
  isIdentifier,
  isNode,
  lexicalNames,
  nodesIn,
  patternNames,
  staticName,
  varNames,
  type SyntaxNode,
} from './syntax.js';

/** The names that are given with a function, and those of them that can be a module's default export. */
export interface GivenNames {
  readonly names: readonly string[];
  readonly defaults: readonly string[];
}

/** What a function does, and what it takes from outside. */
export interface CanonicalFunction {
  /** Equal for two sources that differ only in how they are written. */
  readonly tree: Plain;
  /** The names that it reads and doesn't declare. Names that come from a module are never standard globals. */
  readonly free: ReadonlyMap<string, 'global' | 'module'>;
  /** The names outside of it that it assigns to. */
  readonly written: ReadonlySet<string>;
  /** Whether it uses the `this` of its caller. */
  readonly usesReceiver: boolean;
}

/**
 * Brings a function into a form that is free of formatting, local names and what compilers insert: variables are numbered in the
 * order in which they are met, every other part of the syntax tree is kept.
 */
export function canonicalise(root: SyntaxNode, deps: GivenNames): CanonicalFunction {
  const walk = new Canonicaliser(root, deps);
  return { tree: walk.visit(root, undefined), free: walk.free, written: walk.written, usesReceiver: walk.usesReceiver };
}

const skippedFields = new Set(['type', 'start', 'end', 'loc', 'range', 'raw', 'sourceFile']);

class Canonicaliser {
  readonly free = new Map<string, 'global' | 'module'>();
  readonly written = new Set<string>();
  usesReceiver = false;
  readonly #root: SyntaxNode;
  readonly #deps: GivenNames;
  #rootScope: Scope | undefined;
  #numbers = 0;
  readonly #labels: string[] = [];

  constructor(root: SyntaxNode, deps: GivenNames) {
    this.#root = root;
    this.#deps = deps;
  }

  visit(node: unknown, scope: Scope | undefined): Plain {
    if (Array.isArray(node)) return node.map((each) => this.visit(each, scope));
    if (!isNode(node)) return node as Plain;
    if (isFunction(node)) return this.#function(node, scope);
    switch (node.type) {
      case 'Identifier':
        return this.#identifier(node['name'] as string, scope);
      case 'Literal':
        return literal(node);
      case 'TemplateLiteral':
        return this.#template(node, scope, false);
      case 'TaggedTemplateExpression':
        return ['tagged', this.#callee(node['tag'], scope), this.#template(node['quasi'] as SyntaxNode, scope, true)];
      case 'MemberExpression':
        return this.#member(node, scope);
      case 'CallExpression': {
        const target = named(node);
        if (target !== undefined) return this.visit(target, scope);
        return [
          'call',
          node['optional'] === true,
          this.#callee(node['callee'], scope),
          this.visit(node['arguments'], scope),
        ];
      }
      case 'NewExpression':
        return ['new', this.#callee(node['callee'], scope), this.visit(node['arguments'], scope)];
      case 'UnaryExpression':
        return this.#unary(node, scope);
      case 'AssignmentExpression':
        this.#write(node['left'], scope);
        return this.#generic(node, scope);
      case 'UpdateExpression':
        this.#write(node['argument'], scope);
        return this.#generic(node, scope);
      case 'ThisExpression':
        return this.#receiver('this', scope);
      case 'Super':
        return this.#receiver('super', scope);
      case 'MetaProperty':
        return this.#meta(node, scope);
      case 'ImportExpression':
        this.free.set('import()', 'module');
        return this.#generic(node, scope);
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        return this.#property(node, scope);
      case 'PrivateIdentifier':
        return ['private', node['name'] as string];
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.#class(node, scope);
      case 'StaticBlock':
        return this.#block(node, new Scope('class', scope, varNames({ type: 'Block', body: node['body'] })));
      case 'BlockStatement':
        return this.#block(node, scope);
      case 'VariableDeclaration':
        return [
          'declare',
          node['kind'] === 'const' ? 'let' : (node['kind'] as string),
          this.visit(node['declarations'], scope),
        ];
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.#loop(node, scope);
      case 'IfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        return this.#generic(withBlocks(node), scope);
      case 'SwitchStatement': {
        const inner = new Scope(
          'block',
          scope,
          lexicalNames(nodesIn(node['cases']).flatMap((each) => nodesIn(each['consequent']))),
        );
        return ['switch', this.visit(node['discriminant'], scope), this.visit(node['cases'], inner)];
      }
      case 'SwitchCase':
        return ['case', this.visit(node['test'], scope), this.#statements(node['consequent'], scope)];
      case 'CatchClause': {
        const inner = new Scope('block', scope, patternNames(node['param']));
        return ['catch', this.visit(node['param'], inner), this.visit(node['body'], inner)];
      }
      case 'LabeledStatement':
        return this.#labeled(node, scope);
      case 'BreakStatement':
      case 'ContinueStatement':
        return [node.type, isIdentifier(node['label']) ? this.#labels.lastIndexOf(node['label'].name) : null];
      default:
        return this.#generic(node, scope);
    }
  }

  #callee(node: unknown, scope: Scope | undefined): Plain {
    const target = importedCallee(node);
    return this.visit(target !== undefined && scope?.find(target.module) === undefined ? target.member : node, scope);
  }

  /** The node's type and fields, in one order. */
  #generic(node: SyntaxNode, scope: Scope | undefined): Plain {
    const fields = Object.keys(node).filter((field) => !skippedFields.has(field));
    return [node.type, ...fields.sort().map((field) => this.visit(node[field], scope))];
  }

  #identifier(name: string, scope: Scope | undefined): Plain {
    const binding = scope?.find(name);
    if (binding !== undefined) return ['local', this.#number(binding)];
    if (name === 'undefined' && !this.#deps.names.includes(name)) return ['undefined'];
    if (name === 'arguments' && scope?.receiver() !== undefined) return ['arguments'];
    if (!this.free.has(name)) this.free.set(name, 'global');
    return ['free', name];
  }

  #number(binding: Binding): number {
    return (binding.number ??= this.#numbers++);
  }

  /** A function's or class's own name says nothing unless it is used inside, which is known after the visit. */
  #ownName(binding: Binding | undefined): Plain {
    return binding?.number ?? null;
  }

  #function(node: SyntaxNode, scope: Scope | undefined): Plain {
    const { type, id, params, body, async, generator } = node;
    const isDeclaration = type === 'FunctionDeclaration';
    const declared: Plain = isDeclaration ? this.visit(id, scope) : null;
    const outer = isDeclaration ? scope : new Scope('block', scope, patternNames(id));
    const kind: ScopeKind = type === 'ArrowFunctionExpression' ? 'arrow' : 'function';
    const isBlock = isNode(body) && body.type === 'BlockStatement';
    const statements = isBlock ? nodesIn(body['body']) : [];
    const names = [
      ...nodesIn(params).flatMap(patternNames),
      ...statements.flatMap(varNames),
      ...lexicalNames(statements),
    ];
    const inner = new Scope(kind, outer, names);
    if (node === this.#root) this.#rootScope = inner;
    const labels = this.#labels.splice(0);
    const visitedParams = this.visit(params, inner);
    const visitedBody = isBlock
      ? this.#statements(body['body'], inner)
      : [['ReturnStatement', this.visit(body, inner)]];
    this.#labels.push(...labels);
    const own = isDeclaration ? null : this.#ownName(isIdentifier(id) ? outer?.find(id.name) : undefined);
    return [kind, async === true, generator === true, declared, visitedParams, visitedBody, own];
  }

  #class(node: SyntaxNode, scope: Scope | undefined): Plain {
    const { type, id, superClass, body } = node;
    const isDeclaration = type === 'ClassDeclaration';
    const declared: Plain = isDeclaration ? this.visit(id, scope) : null;
    const outer = isDeclaration ? scope : new Scope('block', scope, patternNames(id));
    const parent = this.visit(superClass, outer);
    const inner = new Scope('class', outer, []);
    const members = nodesIn(isNode(body) ? body['body'] : []).filter((member) => !isInserted(member));
    const visited = members.map((member) => this.visit(member, inner));
    const own = isDeclaration ? null : this.#ownName(isIdentifier(id) ? outer?.find(id.name) : undefined);
    return ['class', declared, parent, visited, own];
  }

  #property(node: SyntaxNode, scope: Scope | undefined): Plain {
    const name = node['computed'] === true ? undefined : staticName(node['key'], false);
    // A key is evaluated outside the class, its value inside; only `this` could tell.
    const key: Plain = name ?? [node['computed'] === true, this.visit(node['key'], scope)];
    const setsPrototype = name === '__proto__' && node['shorthand'] !== true && node['method'] !== true;
    const flags = [node['kind'] ?? null, node['method'] === true, node['static'] === true, setsPrototype] as Plain;
    return [node.type, flags, key, this.visit(node['value'], scope)];
  }

  #member(node: SyntaxNode, scope: Scope | undefined): Plain {
    const { object, property, computed, optional } = node;
    const name = staticName(property, computed);
    if (
      name !== undefined &&
      isIdentifier(object) &&
      scope?.find(object.name) === undefined &&
      !this.#deps.names.includes(object.name)
    ) {
      if (isModuleName(object.name)) {
        const imported =
          name === 'default' ? (defaultImport(object.name, this.#deps.defaults) ?? `${object.name}.default`) : name;
        this.free.set(imported, 'module');
        return ['free', imported];
      }
    }
    return ['member', optional === true, this.visit(object, scope), name ?? [this.visit(property, scope)]];
  }

  #unary(node: SyntaxNode, scope: Scope | undefined): Plain {
    const { operator, argument } = node;
    if (isNode(argument) && argument.type === 'Literal' && typeof argument['value'] === 'number') {
      if (operator === 'void') return ['undefined'];
      if (operator === '!') return ['literal', argument['value'] === 0];
    }
    if (operator === 'delete') this.#write(argument, scope);
    return this.#generic(node, scope);
  }

  #template(node: SyntaxNode, scope: Scope | undefined, tagged: boolean): Plain {
    const texts = nodesIn(node['quasis']).map((quasi): Plain => {
      const { cooked, raw } = quasi['value'] as { readonly cooked?: string | null; readonly raw: string };
      return tagged ? [cooked ?? null, raw] : (cooked ?? raw);
    });
    const expressions = nodesIn(node['expressions']);
    if (!tagged && expressions.length === 0) return ['literal', texts[0]];
    return ['template', texts, this.visit(expressions, scope)];
  }

  #receiver(word: 'this' | 'super', scope: Scope | undefined): Plain {
    const owner = scope?.receiver();
    if (owner === undefined || (owner === this.#rootScope && word === 'super')) this.free.set(word, 'module');
    else if (owner === this.#rootScope) this.usesReceiver = true;
    return [word];
  }

  #meta(node: SyntaxNode, scope: Scope | undefined): Plain {
    const isImport = isIdentifier(node['meta'], 'import');
    if (isImport || scope?.receiver() === undefined) this.free.set(isImport ? 'import.meta' : 'new.target', 'module');
    return [isImport ? 'import.meta' : 'new.target'];
  }

  #write(target: unknown, scope: Scope | undefined): void {
    for (const name of patternNames(target)) if (scope?.find(name) === undefined) this.written.add(name);
  }

  #block(node: SyntaxNode, scope: Scope | undefined): Plain {
    return ['block', this.#statements(node['body'], new Scope('block', scope, lexicalNames(nodesIn(node['body']))))];
  }

  #statements(body: unknown, scope: Scope | undefined): Plain {
    const kept = nodesIn(body).filter((statement) => !isInserted(statement));
    return kept.flatMap(oneDeclarationEach).map((statement) => this.visit(statement, scope));
  }

  #loop(node: SyntaxNode, scope: Scope | undefined): Plain {
    const head = node['init'] ?? node['left'];
    const inner = new Scope('block', scope, lexicalNames(nodesIn(head)));
    if (isNode(node['left']) && node['left'].type !== 'VariableDeclaration') this.#write(node['left'], scope);
    return this.#generic(withBlocks(node), inner);
  }

  #labeled(node: SyntaxNode, scope: Scope | undefined): Plain {
    this.#labels.push((node['label'] as SyntaxNode)['name'] as string);
    const body = this.visit(node['body'], scope);
    this.#labels.pop();
    return ['label', body];
  }
}

function literal(node: SyntaxNode): Plain {
  const { value, regex, bigint } = node as {
    readonly value?: Plain;
    readonly regex?: { pattern: string; flags: string };
    readonly bigint?: string;
  };
  if (regex !== undefined) return ['regex', regex.pattern, regex.flags.split('').sort().join('')];
  return ['literal', typeof bigint === 'string' ? BigInt(bigint) : (value ?? null)];
}

/** Bodies of `if` and loops as blocks, braces or not. */
function withBlocks(node: SyntaxNode): SyntaxNode {
  const block = (body: unknown): unknown =>
    isNode(body) && body.type !== 'BlockStatement' ? { type: 'BlockStatement', body: [body] } : body;
  const fields = ['body', 'consequent', 'alternate'].filter((field) => field in node);
  return { ...node, ...Object.fromEntries(fields.map((field) => [field, block(node[field])])) };
}

/** `let a, b` as `let a; let b`. */
function oneDeclarationEach(statement: SyntaxNode): readonly SyntaxNode[] {
  if (statement.type !== 'VariableDeclaration') return [statement];
  return nodesIn(statement['declarations']).map((declarator) => ({ ...statement, declarations: [declarator] }));
}
